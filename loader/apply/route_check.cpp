#include "loader/apply/route_check.h"

namespace dw::load {

std::optional<std::string> fault_of_route(mysql::Connection& connection, const TableId& table,
                                          const ArchiveRoute& route) {
  try {
    connection.execute("SELECT (" + over_table(route.expression) + ") FROM " + quoted(table) + " t LIMIT 0");
  } catch (const mysql::SqlError& error) {
    if (error.connection_is_gone()) throw;
    return error.what();
  }
  return std::nullopt;
}

}  // namespace dw::load
