#include "loader/retention/in_place.h"

#include "common/sql/alter_table.h"

namespace dw::load {

Ruling InPlace::rule(const sql::Statement& statement) const {
  using sql::Verb;
  switch (statement.verb) {
    case Verb::delete_:
      return {Ruling::Action::withhold, "DELETE"};
    case Verb::truncate:
      return {Ruling::Action::withhold, "TRUNCATE"};
    case Verb::drop_table:
      return {Ruling::Action::withhold, "DROP TABLE"};
    case Verb::drop_database:
      return {Ruling::Action::withhold, "DROP DATABASE"};
    case Verb::alter_table:
    case Verb::create_table: {
      const std::string loss = sql::what_it_drops(statement);
      if (!loss.empty()) return {Ruling::Action::withhold, loss};
      break;
    }
    default:
      break;
  }
  if (statement.cls == sql::StatementClass::destructive) return {Ruling::Action::withhold, "destructive"};
  return {};
}

}  // namespace dw::load
