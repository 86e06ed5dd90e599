// Whether the server understands the routes of the config.
#pragma once

#include <optional>
#include <string>

#include "common/mysql/connection.h"
#include "loader/retention/archive/archive.h"

namespace dw::load {

// What the server says against the route of this table, which is there; nullopt: nothing. Reads no row.
// Throws mysql::SqlError when the connection is gone.
std::optional<std::string> fault_of_route(mysql::Connection& connection, const TableId& table,
                                          const ArchiveRoute& route);

}  // namespace dw::load
