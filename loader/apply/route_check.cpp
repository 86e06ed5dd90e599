#include "loader/apply/route_check.h"

#include "common/sql/identifiers.h"
#include "loader/retention/archive/route_text.h"

namespace dw::load {

// In a WHERE, as the trigger's IF: there the servers refuse aggregates and window functions. The table stands
// there twice, so that a column without OLD, which the trigger would not know, is ambiguous.
std::optional<std::string> fault_of_route(mysql::Connection& connection, const TableId& table,
                                          const ArchiveRoute& route) {
  if (auto fault = fault_of_expression(route.expression)) return fault;
  const std::string name = quoted(table);
  const std::string condition = "(" + over_table(route.expression) +
                                ") = " + sql::quote_literal(route.values.empty() ? "" : route.values.front());
  try {
    connection.execute("USE " + sql::quote_identifier(table.schema));  // where a function without a schema is
    connection.execute("SELECT 1 FROM " + name + " t JOIN " + name + " dw_again WHERE " + condition +
                       " LIMIT 0");
  } catch (const mysql::SqlError& error) {
    if (error.connection_is_gone()) throw;
    return error.what();
  }
  return std::nullopt;
}

}  // namespace dw::load
