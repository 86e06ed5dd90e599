#include "loader/retention/archive/archive.h"

#include "loader/retention/archive/narrowing.h"

namespace dw::load {

Ruling Archive::rule(const sql::Statement& statement) const {
  using sql::Verb;
  const auto keep = [](std::string reason) { return Ruling{Ruling::Action::keep_first, std::move(reason)}; };
  switch (statement.verb) {
    case Verb::truncate:
      return keep("truncate");
    case Verb::drop_table:
      return keep("drop table");
    case Verb::drop_database:
      return keep("drop database");
    case Verb::alter_table:
    case Verb::create_table: {
      std::string loss = loss_of_alter(statement);
      return loss.empty() ? Ruling{} : keep(std::move(loss));
    }
    default:
      return {};
  }
}

}  // namespace dw::load
