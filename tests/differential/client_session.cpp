#include "tests/differential/client_session.h"

#include <stdexcept>
#include <sys/socket.h>

#include <mysql.h>

namespace dw::test {
namespace {

void initialise_library() {
  static const int once = mysql_library_init(0, nullptr, nullptr);
  static_cast<void>(once);
}

int socket_of(MYSQL* mysql) {
#ifdef MARIADB_BASE_VERSION
  return static_cast<int>(mysql_get_socket(mysql));
#else
  return static_cast<int>(mysql->net.fd);
#endif
}

}  // namespace

struct ClientSession::Handle {
  MYSQL* mysql = nullptr;
  ClientOptions options;

  explicit Handle(const ClientOptions& given) : options(given) {
    initialise_library();
    mysql = mysql_init(nullptr);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, options.charset.c_str());
    const unsigned read_timeout = 60;
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &read_timeout);
    if (mysql_real_connect(mysql, options.host.c_str(), options.user.c_str(), "",
                           options.database.empty() ? nullptr : options.database.c_str(), options.port,
                           nullptr, CLIENT_MULTI_STATEMENTS) == nullptr) {
      const std::string message = mysql_error(mysql);
      mysql_close(mysql);
      throw std::runtime_error("cannot connect: " + message);
    }
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { mysql_close(mysql); }

  [[nodiscard]] Answer answer() const { return {mysql_errno(mysql), mysql_error(mysql)}; }

  // Reads the results of a packet to their end.
  [[nodiscard]] Answer drain() const {
    for (;;) {
      MYSQL_RES* result = mysql_store_result(mysql);
      if (result == nullptr && mysql_field_count(mysql) != 0) return answer();
      if (result != nullptr) mysql_free_result(result);
      const int next = mysql_next_result(mysql);
      if (next > 0) return answer();
      if (next < 0) return {};
    }
  }
};

ClientSession::ClientSession(const ClientOptions& options) : handle_(std::make_unique<Handle>(options)) {}
ClientSession::~ClientSession() = default;
ClientSession::ClientSession(ClientSession&&) noexcept = default;
ClientSession& ClientSession::operator=(ClientSession&&) noexcept = default;

Answer ClientSession::query(const std::string& packet) {
  if (mysql_real_query(handle_->mysql, packet.data(), static_cast<unsigned long>(packet.size())) != 0) {
    return handle_->answer();
  }
  return handle_->drain();
}

Answer ClientSession::execute_prepared(const std::string& statement,
                                       const std::vector<std::optional<std::string>>& parameters) {
  const std::unique_ptr<MYSQL_STMT, decltype(&mysql_stmt_close)> prepared(mysql_stmt_init(handle_->mysql),
                                                                          mysql_stmt_close);
  const auto answer = [&] {
    return Answer{mysql_stmt_errno(prepared.get()), mysql_stmt_error(prepared.get())};
  };
  if (mysql_stmt_prepare(prepared.get(), statement.data(), static_cast<unsigned long>(statement.size())) !=
      0) {
    return answer();
  }
  if (mysql_stmt_param_count(prepared.get()) != parameters.size()) return {1, "another number of parameters"};
  std::vector<MYSQL_BIND> binds(parameters.size());
  std::vector<std::string> values(parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    binds[i] = {};
    if (!parameters[i]) {
      binds[i].buffer_type = MYSQL_TYPE_NULL;
      continue;
    }
    values[i] = *parameters[i];
    binds[i].buffer_type = MYSQL_TYPE_STRING;
    binds[i].buffer = values[i].data();
    binds[i].buffer_length = static_cast<unsigned long>(values[i].size());
  }
  if (!binds.empty() && mysql_stmt_bind_param(prepared.get(), binds.data()) != 0) return answer();
  if (mysql_stmt_execute(prepared.get()) != 0) return answer();
  mysql_stmt_free_result(prepared.get());
  return {};
}

Answer ClientSession::use(const std::string& database) {
  mysql_select_db(handle_->mysql, database.c_str());
  return handle_->answer();
}

Answer ClientSession::change_user() {
  const std::string& database = handle_->options.database;
  mysql_change_user(handle_->mysql, handle_->options.user.c_str(), "",
                    database.empty() ? nullptr : database.c_str());
  return handle_->answer();
}

Answer ClientSession::reset() {
  mysql_reset_connection(handle_->mysql);
  return handle_->answer();
}

void ClientSession::drop() {
  ::shutdown(socket_of(handle_->mysql), SHUT_RDWR);
}

std::uint64_t ClientSession::thread_id() const {
  return mysql_thread_id(handle_->mysql);
}

}  // namespace dw::test
