#include "tests/support/client.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <sys/socket.h>

#include <mysql.h>

namespace dw::test {
namespace {

struct StatementCloser {
  void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};
using PreparedStatement = std::unique_ptr<MYSQL_STMT, StatementCloser>;

// What LOAD DATA LOCAL reads in place of a file.
struct LocalFile {
  const std::string* content = nullptr;
  std::size_t read = 0;
};

int open_local(void** file, const char* /*name*/, void* content) {
  *file = new LocalFile{static_cast<const std::string*>(content), 0};
  return 0;
}

int read_local(void* file, char* buffer, unsigned length) {
  auto* local = static_cast<LocalFile*>(file);
  const std::size_t size = std::min<std::size_t>(length, local->content->size() - local->read);
  std::memcpy(buffer, local->content->data() + local->read, size);
  local->read += size;
  return static_cast<int>(size);
}

void close_local(void* file) {
  delete static_cast<LocalFile*>(file);
}

int no_error(void* /*file*/, char* message, unsigned /*length*/) {
  message[0] = '\0';
  return 0;
}

MYSQL_BIND text_parameter(const std::optional<std::string>& value, unsigned long* length) {
  MYSQL_BIND bind{};
  *length = value ? value->size() : 0;
  bind.buffer_type = value ? MYSQL_TYPE_STRING : MYSQL_TYPE_NULL;
  bind.buffer = value ? const_cast<char*>(value->data()) : nullptr;
  bind.buffer_length = *length;
  bind.length = length;
  return bind;
}

}  // namespace

struct Client::Handle {
  MYSQL mysql{};
  bool open = false;

  Handle() { mysql_init(&mysql); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (!open) return;
    mysql_close(&mysql);
  }

  unsigned drain() {
    for (;;) {
      if (MYSQL_RES* rows = mysql_store_result(&mysql)) mysql_free_result(rows);
      if (mysql_errno(&mysql) != 0) return mysql_errno(&mysql);
      if (mysql_next_result(&mysql) != 0) return mysql_errno(&mysql);
    }
  }

  PreparedStatement prepare(std::string_view text) {
    PreparedStatement statement(mysql_stmt_init(&mysql));
    if (mysql_stmt_prepare(statement.get(), text.data(), static_cast<unsigned long>(text.size())) != 0)
      throw std::runtime_error(mysql_stmt_error(statement.get()));
    return statement;
  }
};

Client::Client(const DatabaseServer& server, const ClientOptions& options)
    : handle_(std::make_unique<Handle>()) {
  MYSQL* mysql = &handle_->mysql;
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, options.charset.c_str());
  const unsigned local = 1;
  mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &local);
  const char* database = options.database.empty() ? nullptr : options.database.c_str();
  if (mysql_real_connect(mysql, server.host().c_str(), options.user.c_str(), options.password.c_str(),
                         database, server.port(), nullptr,
                         CLIENT_MULTI_STATEMENTS | CLIENT_LOCAL_FILES) == nullptr)
    throw std::runtime_error(mysql_error(mysql));
  handle_->open = true;
}

Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

unsigned Client::query(std::string_view packet) {
  MYSQL* mysql = &handle_->mysql;
  if (mysql_real_query(mysql, packet.data(), static_cast<unsigned long>(packet.size())) != 0)
    return mysql_errno(mysql);
  return handle_->drain();
}

unsigned Client::execute(std::string_view text, const std::vector<std::optional<std::string>>& parameters) {
  const PreparedStatement statement = handle_->prepare(text);
  std::vector<unsigned long> lengths(parameters.size());
  std::vector<MYSQL_BIND> binds;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    binds.push_back(text_parameter(parameters[i], &lengths[i]));
  if (!binds.empty()) mysql_stmt_bind_param(statement.get(), binds.data());
  if (mysql_stmt_execute(statement.get()) != 0) return mysql_stmt_errno(statement.get());
  mysql_stmt_store_result(statement.get());
  return 0;
}

unsigned Client::execute_long(std::string_view text, const std::vector<std::string>& parameters) {
  const PreparedStatement statement = handle_->prepare(text);
  std::vector<MYSQL_BIND> binds(parameters.size());
  for (MYSQL_BIND& bind : binds) bind.buffer_type = MYSQL_TYPE_LONG_BLOB;
  if (!binds.empty()) mysql_stmt_bind_param(statement.get(), binds.data());
  for (unsigned i = 0; i < parameters.size(); ++i)
    mysql_stmt_send_long_data(statement.get(), i, parameters[i].data(),
                              static_cast<unsigned long>(parameters[i].size()));
  return mysql_stmt_execute(statement.get()) == 0 ? 0 : mysql_stmt_errno(statement.get());
}

bool Client::execute_bulk(std::string_view text, const std::vector<std::vector<std::string>>& rows,
                          unsigned* error) {
#ifdef MARIADB_PACKAGE_VERSION
  const PreparedStatement statement = handle_->prepare(text);
  unsigned count = static_cast<unsigned>(rows.size());
  const std::size_t columns = rows.at(0).size();
  std::vector<std::vector<char*>> values(columns);
  std::vector<std::vector<unsigned long>> lengths(columns);
  std::vector<MYSQL_BIND> binds(columns);
  for (std::size_t column = 0; column < columns; ++column) {
    for (const auto& row : rows) {
      values[column].push_back(const_cast<char*>(row.at(column).data()));
      lengths[column].push_back(static_cast<unsigned long>(row.at(column).size()));
    }
    binds[column].buffer_type = MYSQL_TYPE_STRING;
    binds[column].buffer = static_cast<void*>(values[column].data());
    binds[column].length = lengths[column].data();
  }
  mysql_stmt_attr_set(statement.get(), STMT_ATTR_ARRAY_SIZE, &count);
  mysql_stmt_bind_param(statement.get(), binds.data());
  *error = mysql_stmt_execute(statement.get()) == 0 ? 0 : mysql_stmt_errno(statement.get());
  return true;
#else
  (void)text, (void)rows, (void)error;
  return false;
#endif
}

unsigned Client::query_with_file(std::string_view statement, const std::string& content) {
  mysql_set_local_infile_handler(&handle_->mysql, open_local, read_local, close_local, no_error,
                                 const_cast<std::string*>(&content));
  const unsigned error = query(statement);
  mysql_set_local_infile_default(&handle_->mysql);
  return error;
}

unsigned Client::use(const std::string& database) {
  return mysql_select_db(&handle_->mysql, database.c_str()) == 0 ? 0 : mysql_errno(&handle_->mysql);
}

unsigned Client::change_user(const ClientOptions& options) {
  const char* database = options.database.empty() ? nullptr : options.database.c_str();
  return mysql_change_user(&handle_->mysql, options.user.c_str(), options.password.c_str(), database) == 0
             ? 0
             : mysql_errno(&handle_->mysql);
}

unsigned Client::reset_connection() {
  return mysql_reset_connection(&handle_->mysql) == 0 ? 0 : mysql_errno(&handle_->mysql);
}

void Client::cut() {
  shutdown(static_cast<int>(mysql_get_socket(&handle_->mysql)), SHUT_RDWR);
}

std::uint64_t Client::thread_id() const {
  return mysql_thread_id(&handle_->mysql);
}

std::string Client::error_message() const {
  return mysql_error(&handle_->mysql);
}

}  // namespace dw::test
