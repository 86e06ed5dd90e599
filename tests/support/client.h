// A client of a test's server, for what the command line client cannot do: several sessions side by side,
// values over the binary protocol, a connection that is cut off without a word.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/database_server.h"

namespace dw::test {

struct ClientOptions {
  std::string user = "root";
  std::string password{};
  std::string database{};
  std::string charset = "utf8mb4";
};

class Client {
 public:
  // Throws std::runtime_error with the server's message.
  Client(const DatabaseServer& server, const ClientOptions& options);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();  // says Quit, unless the connection was cut

  // Each gives the server's error number, 0 when it ran; rows are thrown away.
  unsigned query(std::string_view packet);  // may hold several statements: the first error ends it
  unsigned execute(std::string_view statement, const std::vector<std::optional<std::string>>& parameters);
  // As Execute with the parameters sent as Long Data before it.
  unsigned execute_long(std::string_view statement, const std::vector<std::string>& parameters);
  // All rows in one Execute, with the values apart (MariaDB's array binding). False where the client or the
  // server has no such thing.
  bool execute_bulk(std::string_view statement, const std::vector<std::vector<std::string>>& rows,
                    unsigned* error);
  // LOAD DATA LOCAL and its kind, with this content for whatever file the server asks for.
  unsigned query_with_file(std::string_view statement, const std::string& content);

  unsigned use(const std::string& database);  // COM_INIT_DB
  unsigned change_user(const ClientOptions& options);
  unsigned reset_connection();
  // The socket is closed, as when a machine dies.
  void cut();

  [[nodiscard]] std::uint64_t thread_id() const;
  [[nodiscard]] std::string error_message() const;

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace dw::test
