#include "common/mysql/connection.h"

#include <mysql.h>

#include "common/util/files.h"

namespace dw::mysql {

struct Connection::Handle {
  MYSQL* mysql = nullptr;
  bool multi_statements = false;
  Statistics* statistics = nullptr;
  ConnectOptions options;

  Handle() : mysql(mysql_init(nullptr)) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { mysql_close(mysql); }

  [[noreturn]] void fail() const { throw SqlError(mysql_errno(mysql), mysql_error(mysql)); }

  void query(std::string_view sql) const {
    if (mysql_real_query(mysql, sql.data(), static_cast<unsigned long>(sql.size())) != 0) fail();
  }
};

namespace {

constexpr std::string_view kPacket = "packet";

using Result = std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)>;

// The client library must not be initialised by two threads at once.
void initialise_library() {
  static const int once = mysql_library_init(0, nullptr, nullptr);
  static_cast<void>(once);
}

ColumnKind kind_of(const MYSQL_FIELD& field) {
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
      return (field.flags & UNSIGNED_FLAG) != 0 ? ColumnKind::unsigned_integer : ColumnKind::integer;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      return ColumnKind::decimal;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
      return ColumnKind::floating;
    default:
      return ColumnKind::text;
  }
}

}  // namespace

Connection::Connection(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Connection Connection::open(const ConnectOptions& options) {
  refuse_if_readable_by_others(options.defaults_file, "MySQL option");
  initialise_library();
  auto handle = std::make_unique<Handle>();
  handle->statistics = options.statistics;
  const Timed timed(options.statistics, "connect");
  MYSQL* mysql = handle->mysql;
  mysql_options(mysql, MYSQL_READ_DEFAULT_FILE, options.defaults_file.c_str());
  mysql_options(mysql, MYSQL_READ_DEFAULT_GROUP,
                options.defaults_group.empty() ? "client" : options.defaults_group.c_str());
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, options.charset.c_str());
  mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &options.connect_timeout_seconds);
  if (options.read_timeout_seconds != 0) {
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &options.read_timeout_seconds);
  }
  const unsigned long max_packet = 1UL << 30;  // the protocol's own limit; the server's setting decides
  mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &max_packet);
  const unsigned local_infile = 0;  // never read a file because a server asks for it
  mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &local_infile);
  const unsigned long flags = options.multi_statements ? CLIENT_MULTI_STATEMENTS : CLIENT_MULTI_RESULTS;
  if (mysql_real_connect(mysql, nullptr, nullptr, nullptr, nullptr, 0, nullptr, flags) == nullptr)
    handle->fail();
  handle->multi_statements = options.multi_statements;
  handle->options = options;
  return Connection(std::move(handle));
}

Connection Connection::another() const {
  return open(handle_->options);
}

void Connection::reset() {
  const Timed timed(handle_->statistics, "connect");
  if (mysql_reset_connection(handle_->mysql) != 0) handle_->fail();
  if (mysql_set_character_set(handle_->mysql, handle_->options.charset.c_str()) != 0) handle_->fail();
}

StatementResult Connection::execute(std::string_view sql) {
  const std::string action = action_of(sql);
  const Timed timed(handle_->statistics, action);
  handle_->query(sql);
  StatementResult first;
  bool is_first = true;
  int next = 0;
  do {
    const Result result(mysql_use_result(handle_->mysql), mysql_free_result);
    if (!result && mysql_field_count(handle_->mysql) != 0) handle_->fail();
    if (result) {
      while (mysql_fetch_row(result.get()) != nullptr) {
      }
      if (mysql_errno(handle_->mysql) != 0) handle_->fail();
    }
    if (is_first && !result) {
      first.affected_rows = mysql_affected_rows(handle_->mysql);
      first.insert_id = mysql_insert_id(handle_->mysql);
    }
    is_first = false;
    next = mysql_next_result(handle_->mysql);
    if (next > 0) handle_->fail();
  } while (next == 0);
  return first;
}

void Connection::stream(std::string_view sql, const std::function<bool(Row)>& on_row) {
  const std::string action = action_of(sql);
  const Timed timed(handle_->statistics, action);
  handle_->query(sql);
  const Result result(mysql_use_result(handle_->mysql), mysql_free_result);
  if (!result) {
    if (mysql_field_count(handle_->mysql) != 0) handle_->fail();
    return;
  }
  std::vector<Value> values(mysql_num_fields(result.get()));
  bool wanted = true;
  while (MYSQL_ROW row = mysql_fetch_row(result.get())) {
    if (!wanted) continue;
    const unsigned long* lengths = mysql_fetch_lengths(result.get());
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = row[i] == nullptr ? Value() : Value(std::string_view(row[i], lengths[i]));
    }
    wanted = on_row(values);
  }
  if (mysql_errno(handle_->mysql) != 0) handle_->fail();
}

std::vector<std::vector<std::optional<std::string>>> Connection::rows(std::string_view sql) {
  std::vector<std::vector<std::optional<std::string>>> out;
  stream(sql, [&](Row row) {
    auto& copy = out.emplace_back();
    for (const Value& item : row) copy.push_back(item ? std::optional<std::string>(*item) : std::nullopt);
    return true;
  });
  return out;
}

std::optional<std::string> Connection::value(std::string_view sql) {
  std::optional<std::string> out;
  stream(sql, [&](Row row) {
    if (!row.empty() && row[0]) out = std::string(*row[0]);
    return false;
  });
  return out;
}

std::vector<TypedValue> Connection::typed_row(std::string_view sql) {
  const std::string action = action_of(sql);
  const Timed timed(handle_->statistics, action);
  handle_->query(sql);
  const Result result(mysql_store_result(handle_->mysql), mysql_free_result);
  if (!result) handle_->fail();
  std::vector<TypedValue> out;
  MYSQL_ROW row = mysql_fetch_row(result.get());
  if (row == nullptr) return out;
  const unsigned long* lengths = mysql_fetch_lengths(result.get());
  const MYSQL_FIELD* fields = mysql_fetch_fields(result.get());
  for (unsigned i = 0; i < mysql_num_fields(result.get()); ++i) {
    TypedValue& value = out.emplace_back();
    value.kind = kind_of(fields[i]);
    if (row[i] != nullptr) value.text = std::string(row[i], lengths[i]);
  }
  return out;
}

// A packet is one round trip in two parts: the first counts it, both have their time.
void Connection::send(std::string_view packet) {
  const Timed timed(handle_->statistics, kPacket);
  if (mysql_send_query(handle_->mysql, packet.data(), static_cast<unsigned long>(packet.size())) != 0) {
    handle_->fail();
  }
}

std::vector<StatementResult> Connection::collect() {
  const Timed timed(handle_->statistics, kPacket, 0);
  MYSQL* mysql = handle_->mysql;
  std::vector<StatementResult> out;
  int status = mysql_read_query_result(mysql) ? 1 : 0;
  for (;;) {
    StatementResult one;
    if (status == 0) {
      const Result result(mysql_use_result(mysql), mysql_free_result);
      if (result) {
        while (mysql_fetch_row(result.get()) != nullptr) {
        }
      }
      one.affected_rows = result ? 0 : mysql_affected_rows(mysql);
      one.insert_id = mysql_insert_id(mysql);
      one.warnings = mysql_warning_count(mysql);
    }
    one.error = mysql_errno(mysql);
    if (one.error != 0) {
      one.message = mysql_error(mysql);
      if (one.error >= 2000 && one.error < 3000) handle_->fail();
      out.push_back(std::move(one));
      return out;
    }
    out.push_back(std::move(one));
    status = mysql_next_result(mysql);
    if (status < 0) return out;
  }
}

void Connection::allow_multi_statements(bool allowed) {
  if (handle_->multi_statements == allowed) return;
  const Timed timed(handle_->statistics, "set option");
  const auto option = allowed ? MYSQL_OPTION_MULTI_STATEMENTS_ON : MYSQL_OPTION_MULTI_STATEMENTS_OFF;
  if (mysql_set_server_option(handle_->mysql, option) != 0) handle_->fail();
  handle_->multi_statements = allowed;
}

std::string Connection::literal(std::optional<std::string_view> text) {
  if (!text) return "NULL";
  std::string out(text->size() * 2 + 3, '\0');
  const unsigned long size = mysql_real_escape_string(handle_->mysql, out.data() + 1, text->data(),
                                                      static_cast<unsigned long>(text->size()));
  out[0] = '\'';
  out[size + 1] = '\'';
  out.resize(size + 2);
  return out;
}

std::string Connection::server_version() const {
  return mysql_get_server_info(handle_->mysql);
}

bool Connection::is_mariadb() const {
  return server_version().find("MariaDB") != std::string::npos;
}

std::uint64_t Connection::thread_id() const {
  return mysql_thread_id(handle_->mysql);
}

}  // namespace dw::mysql
