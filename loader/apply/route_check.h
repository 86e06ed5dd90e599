// Whether the server understands the routes of the config.
#pragma once

#include <optional>
#include <string>

#include "common/mysql/connection.h"
#include "loader/retention/archive/archive.h"

namespace dw::load {

// What speaks against the route of this table, which is there, in the server's words where it is the server;
// nullopt: nothing. Reads no row, and leaves the connection in the table's schema.
// Throws mysql::SqlError when the connection is gone.
std::optional<std::string> fault_of_route(mysql::Connection& connection, const TableId& table,
                                          const ArchiveRoute& route);

}  // namespace dw::load
