// A connection to MySQL or MariaDB over libmysqlclient (Oracle's, or MariaDB Connector/C).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/util/statistics.h"

namespace dw::mysql {

// What the server or the client library said. A statement that fails is for the caller to judge; a connection
// that cannot be used any more says so.
class SqlError : public std::runtime_error {
 public:
  SqlError(unsigned code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] unsigned code() const { return code_; }
  // Client errors (2000–2999): no connection, or it is gone. MySQL Error Message Reference, "Client".
  [[nodiscard]] bool connection_is_gone() const { return code_ >= 2000 && code_ < 3000; }

 private:
  unsigned code_;
};

struct ConnectOptions {
  std::filesystem::path defaults_file{};  // a MySQL option file: user, password, host, port, socket, ssl-*
  std::string defaults_group{};           // read besides [client]; may be empty
  std::string charset = "utf8mb4";
  bool multi_statements = false;
  unsigned connect_timeout_seconds = 10;
  unsigned read_timeout_seconds = 0;  // 0: wait for ever (a DDL statement can take hours)
  Statistics* statistics = nullptr;   // where round trips are counted; must outlive the connection
};

// A value of a row; nullopt is NULL. Views live until the next row or the result's end.
using Value = std::optional<std::string_view>;
using Row = std::span<const Value>;

struct StatementResult {
  std::uint64_t affected_rows = 0;
  std::uint64_t insert_id = 0;
  unsigned warnings = 0;
  unsigned error = 0;  // 0: it ran
  std::string message;
};

// What the server says a result's column is, as far as a literal of it must tell.
enum class ColumnKind : std::uint8_t { integer, unsigned_integer, decimal, floating, text };

struct TypedValue {
  std::optional<std::string> text;  // nullopt is NULL
  ColumnKind kind = ColumnKind::text;
};

class Connection {
 public:
  // Throws SqlError.
  static Connection open(const ConnectOptions& options);

  // Another one, to the same server and account. Throws SqlError.
  [[nodiscard]] Connection another() const;

  // COM_RESET_CONNECTION: the session begins anew, in the connection's character set. Throws SqlError.
  void reset();

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  // Runs one statement and throws its rows away, if it has any. Throws SqlError.
  StatementResult execute(std::string_view sql);

  // Runs one statement; `on_row` gets its rows as they arrive, one in memory at a time. It returns false to
  // hear no more: the rest is then read and dropped. Throws SqlError.
  void stream(std::string_view sql, const std::function<bool(Row)>& on_row);

  // All rows, copied. Throws SqlError.
  std::vector<std::vector<std::optional<std::string>>> rows(std::string_view sql);
  // The first row's first value; nullopt when there is no row or it is NULL.
  std::optional<std::string> value(std::string_view sql);

  // The first row, with its columns' kinds; empty when there is none. Throws SqlError.
  std::vector<TypedValue> typed_row(std::string_view sql);

  // Pipelining: `send` hands a packet to the server and returns; `collect` waits for its results, one for
  // each statement in it up to and with the first that failed (the server runs none behind that one). Between
  // the two no other call is allowed. Throws SqlError only when the connection is gone.
  void send(std::string_view packet);
  std::vector<StatementResult> collect();

  // Whether a packet may hold several statements (COM_SET_OPTION). A no-op when it is so already.
  void allow_multi_statements(bool allowed);

  // 'text' as a literal, quotes included; NULL for nullopt. For this connection's character set.
  std::string literal(std::optional<std::string_view> text);

  [[nodiscard]] std::string server_version() const;
  [[nodiscard]] bool is_mariadb() const;
  [[nodiscard]] std::uint64_t thread_id() const;

 private:
  struct Handle;
  explicit Connection(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

}  // namespace dw::mysql
