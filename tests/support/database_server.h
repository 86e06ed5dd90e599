// A real database server of a test, alone in its own directory, reachable on 127.0.0.1 and a Unix socket.
//
// Owns the server process, its port and its directory; the destructor kills the one and removes the others.
// The account root has no password. Readiness is found out without logging in, so the general log holds
// nothing but what a test makes it hold. Settings are small and not durable (a test that cuts the power sets
// its own).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/loopback_port.h"
#include "tests/support/process.h"
#include "tests/support/server_program.h"
#include "tests/support/temp_dir.h"

namespace dw::test {

struct ServerOptions {
  bool general_log_table = false;  // log_output has TABLE
  bool general_log_file = false;   // log_output has FILE, see general_log_file()
  bool binlog_row = false;         // row-based binary log
  bool performance_schema = false;
  std::vector<std::string> extra{};  // such as "--sql-mode=ANSI"; the last of two equal options wins
};

class DatabaseServer {
 public:
  // Returns when the server accepts logins; throws std::runtime_error with its error log when it does not.
  static DatabaseServer start(ServerKind kind, const ServerOptions& options = {});

  ~DatabaseServer() = default;
  DatabaseServer(DatabaseServer&&) = default;
  DatabaseServer& operator=(DatabaseServer&& other) noexcept;

  ServerKind kind() const { return kind_; }
  const std::string& version() const { return version_; }
  std::string host() const { return "127.0.0.1"; }
  std::uint16_t port() const { return port_.number(); }
  std::filesystem::path socket_path() const { return directory_ / "s"; }
  std::filesystem::path data_directory() const { return directory_ / "data"; }
  std::filesystem::path general_log_file() const { return directory_ / "general.log"; }
  std::filesystem::path error_log_file() const { return directory_ / "error.log"; }
  std::string error_log() const;
  bool running() { return process_.has_value() && process_->running(); }
  pid_t pid() const { return process_ ? process_->pid() : -1; }

  // Both return when the process is gone. start_again uses the same directory, port and options, and `more`.
  void stop();
  void kill9();
  void start_again(const std::vector<std::string>& more = {});

  // Runs statements with the command line client, as root over TCP, in one session. Gives what they answer:
  // tab separated, without column names, newline, tab and backslash in values escaped. Throws
  // std::runtime_error with the client's message when a statement fails.
  std::string sql(std::string_view text, std::string_view database = "") const;
  std::string sql_as(std::string_view user, std::string_view password, std::string_view text,
                     std::string_view database = "") const;

  // A MySQL option file with [client] host, port, user and password, mode 0600.
  void write_option_file(const std::filesystem::path& path, std::string_view user = "root",
                         std::string_view password = "") const;

 private:
  DatabaseServer(ServerKind kind, const ServerOptions& options);
  void launch(const std::vector<std::string>& more);

  ServerKind kind_;
  ServerOptions options_;
  std::string version_;
  TempDir directory_{TempDir::Access::owner_only, TempDir::Place::memory};
  LoopbackPort port_;
  std::optional<Process> process_;  // after the directory: gone before it is removed
};

}  // namespace dw::test
