// The lexer beside the real servers' own: packets of INSERTs whose literals are made of quotes, backslashes,
// comments and semicolons at random. Where a server ran a packet, it must have found the statements and the
// values that we find, or we must say that we do not understand. A mis-read quote is how text becomes a
// statement.
//
// DW_SOUP_PACKETS and DW_SOUP_SEED make it long or different: DW_SOUP_PACKETS=200000 integration_lexer_server
#include <array>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "common/sql/identifiers.h"
#include "common/sql/statement.h"
#include "tests/support/catch.h"
#include "tests/support/database_server.h"

using namespace dw;
using namespace dw::sql;
using namespace dw::test;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view kInsert = "INSERT INTO soup (a) VALUES (";

// No piece is closed in itself: what one opens another may close.
constexpr auto kPieces = std::to_array<std::string_view>({
    "a",
    "b c",
    "'",
    "'",
    "''",
    "\\",
    "\\\\",
    "\\'",
    "\"",
    "\"",
    "\"\"",
    "\\\"",
    "`",
    ";",
    "-- ",
    "--",
    "--\x01",
    "#",
    "\n",
    "/*",
    "*/",
    "/*/",
    "/*!",
    "/*!50003 ",
    "/*!99999",
    "/*!80016 ",
    "/*!100100 ",
    "/*!50699+",
    "/*M!",
    "/*M!100100 ",
    "'),('",
    "' '",
    "'\n'",
    "' -- '\n'",
    "' # '\n '",
    "' /*'*/ '",
    "\"),(\"",
    ")",
    "(",
    ",",
    "'),(N'",
    "'),(n'",
    "'),(x'41'),('",
    "'),(_latin1'",
    "'),(0x41),('",
    "\0"sv,
    "\xE9",
    "\xB5\\",
    "\x95\\",
    "\x83\x5C",
    "\x81",
    "\xA1\\",
    "\xF0\x9F\x98\x80",
    "\\n",
    "\\0",
    "\\%",
    "\\N",
    "$$",
    "@",
    "--\t",
    "*",
});

struct Reader {
  const char* sql_mode;
  const char* charset;
};

constexpr auto kReaders = std::to_array<Reader>({{"", "utf8mb4"},
                                                 {"ANSI_QUOTES", "utf8mb4"},
                                                 {"NO_BACKSLASH_ESCAPES", "utf8mb4"},
                                                 {"ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "latin1"},
                                                 {"", "latin1"},
                                                 {"", "gbk"},
                                                 {"NO_BACKSLASH_ESCAPES", "gbk"},
                                                 {"", "sjis"},
                                                 {"ANSI_QUOTES", "cp932"},
                                                 {"", "big5"}});

std::size_t number_from(const char* variable, std::size_t fallback) {
  const char* value = std::getenv(variable);
  return value != nullptr ? std::strtoull(value, nullptr, 10) : fallback;
}

class Cook {
 public:
  explicit Cook(std::size_t seed) : random_(seed) {}

  std::string packet() {
    std::string out;
    for (std::size_t statements = 1 + below(2); statements > 0; --statements) {
      out += kInsert;
      out += literal();
      while (below(4) == 0) out += "),(" + literal();
      out += ')';
      if (statements > 1 || below(4) == 0) out += below(8) == 0 ? "; ;" : ";";
    }
    return out;
  }

 private:
  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }

  std::string literal() {
    const std::string quote = below(3) == 0 ? "\"" : "'";
    std::string out = quote;
    for (std::size_t pieces = below(6); pieces > 0; --pieces) {
      out += kPieces[below(kPieces.size())];
      if (below(16) == 0) out += "'); " + std::string(kInsert) + "'";
    }
    return out + quote;
  }

  std::mt19937_64 random_;
};

// The value of one or more literals side by side; nullopt for anything else.
std::optional<std::string> take_value(Lexer& lexer, Token& token, Backslash backslash) {
  if (token.text == "x'41'" || token.text == "0x41") {
    token = lexer.next();
    return "A";
  }
  if (token.is("_LATIN1")) token = lexer.next();
  if (token.kind != TokenKind::string) return std::nullopt;
  std::string out;
  for (bool first = true; token.kind == TokenKind::string; first = false) {
    if (!first && (token.text.front() == 'N' || token.text.front() == 'n')) return std::nullopt;
    out += unquote(token.text, backslash);
    token = lexer.next();
  }
  return out;
}

// The rows that an INSERT adds, as we read it; nullopt when it is more than these tests can foretell.
std::optional<std::vector<std::string>> rows_of(const Statement& statement, const LexerOptions& options) {
  Lexer lexer(statement.text, options);
  Token token;
  const auto next = [&] {
    do {
      token = lexer.next();
    } while (token.kind == TokenKind::version_comment || token.kind == TokenKind::version_comment_end);
  };
  for (const char* word : {"INSERT", "INTO", "SOUP", "(", "A", ")", "VALUES"}) {
    next();
    if (!token.is(word)) return std::nullopt;
  }
  const Backslash backslash = options.no_backslash_escapes ? Backslash::ordinary : Backslash::escape;
  std::vector<std::string> rows;
  do {
    next();
    if (!token.is("(")) return std::nullopt;
    next();
    auto value = take_value(lexer, token, backslash);
    if (!value || !token.is(")")) return std::nullopt;
    rows.push_back(std::move(*value));
    next();
  } while (token.is(","));
  return token.kind == TokenKind::end ? std::optional(std::move(rows)) : std::nullopt;
}

struct Tally {
  std::size_t ran = 0;       // packets of which the server ran a statement
  std::size_t compared = 0;  // statements found the same
  std::size_t refused = 0;   // statements that ran and that we do not understand
};

class Table {
 public:
  Table(const DatabaseServer& server, const TempDir& directory) : connection_(open(server, directory)) {
    version_ = ServerVersion::parse(connection_.server_version());
  }

  void read_as(const Reader& reader) {
    connection_.execute("SET SESSION sql_mode=''");
    connection_.execute("DROP TEMPORARY TABLE IF EXISTS soup");
    connection_.execute("CREATE TEMPORARY TABLE soup (id INT AUTO_INCREMENT PRIMARY KEY, a LONGBLOB)");
    connection_.execute("SET NAMES " + std::string(reader.charset));
    connection_.execute("SET SESSION sql_mode='" + std::string(reader.sql_mode) + "'");
    const std::string_view mode = reader.sql_mode;
    options_ = LexerOptions{};
    options_.ansi_quotes = mode.find("ANSI") != std::string_view::npos;
    options_.no_backslash_escapes = mode.find("NO_BACK") != std::string_view::npos;
    options_.charset = charset_from(reader.charset);
    options_.server = version_;
  }

  void compare(const std::string& packet, Tally& tally) {
    connection_.send(packet);
    const std::vector<mysql::StatementResult> results = connection_.collect();
    std::size_t ran = 0;
    while (ran < results.size() && results[ran].error == 0) ++ran;
    const std::vector<std::string> rows = take_rows();
    if (ran == 0) return;
    ++tally.ran;
    const std::vector<Statement> ours = parse_packet(packet, options_);
    std::size_t row = 0;
    for (std::size_t i = 0; i < ran; ++i) {
      REQUIRE(i < ours.size());
      if (ours[i].cls == StatementClass::unparsed) {
        ++tally.refused;
        return;
      }
      const auto expected = rows_of(ours[i], options_);
      if (!expected) {  // an expression: 'a' --'b'
        row += results[i].affected_rows;
        continue;
      }
      REQUIRE(expected->size() == results[i].affected_rows);
      for (const std::string& value : *expected) {
        REQUIRE(row < rows.size());
        // unquote() reads bytes, not pairs of them.
        if (options_.charset == Charset::ascii_safe) REQUIRE(rows[row] == value);
        ++row;
      }
      ++tally.compared;
    }
    REQUIRE(row == rows.size());
    REQUIRE((ran < results.size() || ours.size() == ran));
  }

 private:
  static mysql::Connection open(const DatabaseServer& server, const TempDir& directory) {
    server.write_option_file(directory / "root.cnf");
    server.sql("CREATE DATABASE IF NOT EXISTS app");
    auto connection =
        mysql::Connection::open({.defaults_file = directory / "root.cnf", .multi_statements = true});
    connection.execute("USE app");
    return connection;
  }

  std::vector<std::string> take_rows() {
    std::vector<std::string> out;
    connection_.stream("SELECT a FROM soup ORDER BY id", [&](mysql::Row row) {
      out.emplace_back(row[0].value_or(""));
      return true;
    });
    if (!out.empty()) connection_.execute("DELETE FROM soup");
    return out;
  }

  mysql::Connection connection_;
  ServerVersion version_;
  LexerOptions options_;
};

}  // namespace

TEST_CASE("literals, comments and statements end where the servers end them", "[lexer]") {
  const std::size_t packets = number_from("DW_SOUP_PACKETS", 6'000);
  const std::size_t seed = number_from("DW_SOUP_SEED", 1);
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!server_available(kind)) continue;
    const DatabaseServer server = DatabaseServer::start(kind);
    const TempDir directory;
    Table table(server, directory);
    Cook cook(seed);
    Tally tally;
    for (const Reader& reader : kReaders) {
      table.read_as(reader);
      for (std::size_t i = 0; i < packets / kReaders.size(); ++i) {
        const std::string packet = cook.packet();
        INFO(server.version() << " sql_mode=" << reader.sql_mode << " " << reader.charset << ": " << packet);
        table.compare(packet, tally);
      }
    }
    WARN(server.version() << ": " << tally.ran << " of " << packets << " packets ran, " << tally.compared
                          << " statements were read alike, " << tally.refused << " refused");
    CHECK(tally.compared > packets / 20);
    CHECK(tally.refused < tally.compared / 10);
  }
}
