#include "tests/support/kept_in_place.h"

#include <nlohmann/json.hpp>

#include "common/sql/identifiers.h"

namespace dw::test {
namespace {

using sql::quote_identifier;

std::string same_key(const std::string& columns) {
  std::string out;
  for (const auto& name : nlohmann::json::parse(columns).get<std::vector<std::string>>()) {
    const std::string quoted = quote_identifier(name);
    out += (out.empty() ? "k." : " AND k.") + quoted + " = l." + quoted;
  }
  return out;
}

}  // namespace

void leave_productions_rows(mysql::Connection& mirror) {
  mirror.execute("SET foreign_key_checks=0, @dw_taking_out=1");
  for (const auto& row :
       mirror.rows("SELECT id, kind, schema_name, table_name, key_columns FROM "
                   "dw_meta.kept_tables WHERE state='in' ORDER BY FIELD(kind, 'rows', 'table', 'schema')")) {
    const std::string schema = quote_identifier(row[2].value_or(""));
    const std::string table = schema + "." + quote_identifier(row[3].value_or(""));
    if (row[1] == "schema") {
      mirror.execute("DROP DATABASE " + schema);
    } else if (row[1] == "table") {
      mirror.execute("DROP TABLE IF EXISTS " + table);
    } else {
      mirror.execute("USE dw_meta");
      mirror.execute("DELETE l FROM " + table + " AS l JOIN kept_" + row[0].value_or("") + " AS k ON " +
                     same_key(row[4].value_or("[]")) + " WHERE k.dw_shown=1");
      if (const auto next = mirror.value("SELECT next_value FROM dw_meta.auto_increments WHERE schema_name=" +
                                         sql::quote_literal(row[2].value_or("")) +
                                         " AND table_name=" + sql::quote_literal(row[3].value_or(""))))
        mirror.execute("ALTER TABLE " + table + " AUTO_INCREMENT=" + *next);
    }
  }
  mirror.execute("SET foreign_key_checks=1, @dw_taking_out=NULL");
}

}  // namespace dw::test
