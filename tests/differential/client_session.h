// One client of a server, with what only the C API can do: prepared statements of the binary protocol, a
// change of user, a dropped socket.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dw::test {

struct ClientOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string user = "root";
  std::string charset = "utf8mb4";  // of the handshake: the server takes it without a SET NAMES
  std::string database{};           // may be empty
};

// What the server answered: 0, or the first statement's error that a packet ended with.
struct Answer {
  unsigned error = 0;
  std::string message{};
  // A client error (2000–2999): there is no connection any more.
  [[nodiscard]] bool connection_is_gone() const { return error >= 2000 && error < 3000; }
};

class ClientSession {
 public:
  // Several statements in a packet are allowed. Throws std::runtime_error.
  explicit ClientSession(const ClientOptions& options);
  ~ClientSession();  // quits
  ClientSession(ClientSession&&) noexcept;
  ClientSession& operator=(ClientSession&&) noexcept;

  Answer query(const std::string& packet);
  // Prepares, binds every parameter as a string (or NULL), executes and closes the statement.
  Answer execute_prepared(const std::string& statement,
                          const std::vector<std::optional<std::string>>& parameters);
  Answer use(const std::string& database);
  Answer change_user();  // the same account anew
  Answer reset();        // COM_RESET_CONNECTION
  // The server sees the socket close and no COM_QUIT.
  void drop();
  [[nodiscard]] std::uint64_t thread_id() const;

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
};

}  // namespace dw::test
