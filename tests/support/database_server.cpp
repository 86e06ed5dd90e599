#include "tests/support/database_server.h"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace dw::test {
namespace {

constexpr auto kStartLimit = std::chrono::seconds(90);

// In an option file a value may stand in double quotes, where \ and " need a backslash.
std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    text += c;
  }
  return text + "\"";
}

std::vector<std::string> settings(ServerKind kind, const ServerOptions& options) {
  std::vector<std::string> words{
      "--bind-address=127.0.0.1",
      "--skip-name-resolve",
      "--character-set-server=utf8mb4",
      "--innodb-buffer-pool-size=128M",
      "--innodb-flush-log-at-trx-commit=2",
      "--max-connections=100",
      std::string("--performance-schema=") + (options.performance_schema ? "ON" : "OFF"),
  };
  if (kind == ServerKind::mysql)
    words.emplace_back(options.binlog_row ? "--sync-binlog=0" : "--skip-log-bin");
  if (options.general_log_table || options.general_log_file) {
    words.emplace_back("--general-log=1");
    words.push_back(std::string("--log-output=") + (options.general_log_table ? "TABLE" : "") +
                    (options.general_log_table && options.general_log_file ? "," : "") +
                    (options.general_log_file ? "FILE" : ""));
  } else {
    words.emplace_back("--log-output=TABLE");
  }
  if (options.binlog_row) {
    words.insert(words.end(), {"--log-bin=binlog", "--server-id=1"});
    if (kind == ServerKind::mariadb) words.emplace_back("--binlog-format=ROW");
  }
  words.insert(words.end(), options.extra.begin(), options.extra.end());
  return words;
}

}  // namespace

DatabaseServer::DatabaseServer(ServerKind kind, const ServerOptions& options)
    : kind_(kind), options_(options), version_(server_version(kind)) {}

// A swap: the other object's destructor then ends the old server before it removes its directory.
DatabaseServer& DatabaseServer::operator=(DatabaseServer&& other) noexcept {
  std::swap(kind_, other.kind_);
  std::swap(options_, other.options_);
  std::swap(version_, other.version_);
  std::swap(directory_, other.directory_);
  std::swap(port_, other.port_);
  std::swap(process_, other.process_);
  return *this;
}

DatabaseServer DatabaseServer::start(ServerKind kind, const ServerOptions& options) {
  DatabaseServer server(kind, options);
  make_data_directory(kind, server.data_directory());
  server.launch({});
  return server;
}

void DatabaseServer::launch(const std::vector<std::string>& more) {
  auto words = server_command(kind_);
  words.insert(
      words.end(),
      {"--datadir=" + data_directory().string(), "--socket=" + socket_path().string(),
       "--port=" + std::to_string(port()), "--pid-file=" + (directory_ / "pid").string(),
       "--general-log-file=" + general_log_file().string(),
       // A server that starts removes what temporary tables it finds in its tmpdir: another server's, too.
       "--tmpdir=" + directory_.path().string()});
  for (auto& word : settings(kind_, options_)) words.push_back(std::move(word));
  words.insert(words.end(), more.begin(), more.end());

  SpawnOptions spawn;
  spawn.stdout_file = error_log_file();
  spawn.stderr_file = error_log_file();
  process_ = Process::start(words, spawn);
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  while (!greets(socket_path())) {
    if (process_->wait(Milliseconds(10)) || std::chrono::steady_clock::now() > deadline) {
      process_.reset();
      throw std::runtime_error(std::string(to_string(kind_)) + " did not start:\n" + error_log());
    }
  }
}

std::string DatabaseServer::error_log() const {
  return read_file(error_log_file());
}

void DatabaseServer::stop() {
  if (process_) process_->terminate(std::chrono::seconds(60));
  process_.reset();
}

void DatabaseServer::kill9() {
  if (process_) process_->kill9();
  process_.reset();
}

void DatabaseServer::start_again(const std::vector<std::string>& more) {
  stop();
  launch(more);
}

std::string DatabaseServer::sql(std::string_view text, std::string_view database) const {
  return sql_as("root", "", text, database);
}

std::string DatabaseServer::sql_as(std::string_view user, std::string_view password, std::string_view text,
                                   std::string_view database) const {
  const TempDir private_dir;
  const auto option_file = private_dir / "client.cnf";
  write_option_file(option_file, user, password);
  std::vector<std::string> words{"mariadb",
                                 "--defaults-file=" + option_file.string(),
                                 "--protocol=tcp",
                                 "--batch",
                                 "--skip-column-names",
                                 "--binary-mode",
                                 "--default-character-set=utf8mb4"};
  if (!database.empty()) words.push_back("--database=" + std::string(database));
  return run_or_throw(words, {.stdin_text = text});
}

void DatabaseServer::write_option_file(const std::filesystem::path& path, std::string_view user,
                                       std::string_view password) const {
  write_file(path,
             "[client]\nhost=" + host() + "\nport=" + std::to_string(port()) + "\nuser=" + quoted(user) +
                 "\npassword=" + quoted(password) + "\n",
             0600);
}

}  // namespace dw::test
