// The database servers that this machine has, and how to run them: which program, with which arguments, and a
// data directory to start from.
//
// MariaDB is the machine's own. MySQL lies in the root folder that scripts/mysql-root makes; its programs run
// with the dynamic loader and the libraries of that folder, so no chroot and no root rights are needed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dw::test {

enum class ServerKind { mariadb, mysql };

std::string_view to_string(ServerKind kind);

// Whether the programs are there. Never throws.
bool server_available(ServerKind kind);

// True when the server is there. When it is not: a loud line and false, so that the test returns at once; or,
// when DW_REQUIRE_SERVERS=1 (as in CI), std::runtime_error, so that it fails.
bool require_server(ServerKind kind);

// The words that start the server's program, without a socket, port or data directory.
std::vector<std::string> server_command(ServerKind kind);

// The words that start another program of the MySQL root folder, such as /usr/bin/mysql or
// /usr/bin/mysqldump.
std::vector<std::string> mysql_root_command(std::string_view program);

// As the program's --version says it, such as 10.11.6-MariaDB or 9.7.4.
std::string server_version(ServerKind kind);

// Fills `destination` (which must not exist) with an initialised data directory: accounts root@localhost and
// root@127.0.0.1 without a password, no test databases. It is a copy of one that is made once per server
// version and kept under ${DW_TEST_CACHE:-/var/cache/dw/templates}, or in ~/.cache where that cannot be
// written.
void make_data_directory(ServerKind kind, const std::filesystem::path& destination);

// Whether the server behind the socket greets whoever connects. Connects without logging in, so its general
// log stays clean.
bool greets(const std::filesystem::path& socket_path);

}  // namespace dw::test
