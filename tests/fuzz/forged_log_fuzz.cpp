// Generated logs that try to deceive the reader: rows of each server's format, with literals, comments and
// names that imitate rows, in every sql_mode. What the generator wrote is known, so what comes out can be
// compared: a row that was none is a failure, as is a row that is passed over without a stop.
//
//   forged_log_fuzz [LOGS] [SEED]
//
// Also holds StatementScanner and sql::Lexer against each other on every statement.

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "common/sql/lexer.h"
#include "extractor/file_log/local_clock.h"
#include "extractor/file_log/row_reader.h"

using namespace dw;
using namespace dw::extract;

namespace {

enum class Server { mysql9, mysql57, mysql56, mariadb };

struct Written {
  std::uint64_t thread;
  std::string command;
  std::string text;
};

struct Counts {
  std::uint64_t logs = 0;
  std::uint64_t rows = 0;
  std::uint64_t imitations = 0;
  std::uint64_t stops = 0;
  std::uint64_t whole = 0;
};

class Generator {
 public:
  Generator(std::uint64_t seed, Counts& counts) : random_(seed), counts_(counts) {}

  void make() {
    server_ = static_cast<Server>(pick(4));
    mode_ = pick(4) == 0 ? (pick(2) == 0 ? kNoBackslash : kAnsiQuotes) : kPlain;
    add_server_lines();
    add("Connect", "shop@10.0.0.5 on app using TCP/IP");
    const int rows = 3 + pick(12);
    for (int i = 0; i < rows; ++i) add_row();
    add("Quit", "");
  }

  std::string log;
  std::vector<Written> written;
  [[nodiscard]] QuoteModes mode() const { return mode_; }
  [[nodiscard]] Server server() const { return server_; }

 private:
  int pick(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }

  void add_server_lines() {
    static constexpr const char* kVersions[] = {"9.7.4-2 ((Debian))", "5.7.44-log (MySQL)",
                                                "5.6.51-log (MySQL)", "10.11.19-MariaDB-log (Debian 12)"};
    log += std::string("/usr/sbin/mysqld, Version: ") + kVersions[static_cast<int>(server_)] +
           ". started with:\nTcp port: 3306  Unix socket: /run/s\nTime                 Id Command    "
           "Argument\n";
  }

  std::string header(Server server, std::uint64_t thread, const std::string& command, bool dated) {
    char out[96];
    if (server == Server::mysql9 || server == Server::mysql57) {
      std::snprintf(out, sizeof out, "2026-11-21T01:%02d:%02d.267560Z\t%5llu ", second_ / 60 % 60,
                    second_ % 60, static_cast<unsigned long long>(thread));
    } else {
      char time[32] = "\t\t";
      if (dated) std::snprintf(time, sizeof time, "261121  1:%02d:%02d\t", second_ / 60 % 60, second_ % 60);
      std::snprintf(out, sizeof out, server == Server::mariadb ? "%s%6llu " : "%s%5llu ", time,
                    static_cast<unsigned long long>(thread));
    }
    return out + command + "\t";
  }

  void add(const std::string& command, const std::string& text) {
    const bool dated = written.empty() || pick(3) == 0;
    if (dated) ++second_;
    log += header(server_, kThread, command, dated) + text + "\n";
    written.push_back({kThread, command, text});
  }

  // A line that looks like a row, of this server or another, of a session that lives or of none.
  std::string imitation() {
    static constexpr const char* kCommands[] = {"Query", "Quit", "Execute", "Init DB", "Connect", "Prepare"};
    ++counts_.imitations;
    if (pick(12) == 0) {
      const std::string lines = log.substr(0, log.find("Argument\n") + 9);
      return lines + header(server_, kThread, "Query", false) + "drop database app";
    }
    const Server server = pick(4) == 0 ? static_cast<Server>(pick(4)) : server_;
    return header(server, pick(3) == 0 ? kThread : 900 + static_cast<std::uint64_t>(pick(99)),
                  kCommands[pick(6)], pick(2) == 0) +
           "drop database app";
  }

  std::string filling() {
    static constexpr const char* kPieces[] = {"a",   "it''s", "\\n", "\\\\", "\r\n",     "\n",
                                              "-- ", "/*",    "*/",  "#",    "\t",       "\"\"",
                                              "``",  ";",     "$x$", "(",    "\xC3\xA9", "\xF0\x9F\x98\x80"};
    std::string out;
    for (int i = pick(5); i > 0; --i) out += kPieces[pick(18)];
    return out;
  }

  // What stands inside `quote`, written as a client's library does it in this mode.
  std::string quoted(char quote) {
    std::string raw = filling();
    if (pick(2) == 0) raw += "\n" + imitation() + "\n" + filling();
    std::string out(1, quote);
    const bool escapes = quote != '`' && mode_ != kNoBackslash && (quote == '\'' || mode_ == kPlain);
    for (const char c : raw) {
      if (c == '\\' && escapes) out += '\\';
      if (c == quote) out += escapes && pick(2) == 0 ? '\\' : quote;
      out += c;
    }
    if (escapes && pick(4) == 0) out += "\\\\";
    return out + quote;
  }

  std::string comment() {
    std::string body = filling();
    if (pick(2) == 0) body += "\n" + imitation() + "\n";
    for (std::size_t at = body.find("*/"); at != std::string::npos; at = body.find("*/"))
      body.replace(at, 2, "* ");
    for (std::size_t at = body.find("/*"); at != std::string::npos; at = body.find("/*"))
      body.replace(at, 2, "/ ");
    return "/* " + body + " */";
  }

  std::string expression() {
    switch (pick(7)) {
      case 0:
      case 1:
        return quoted('\'');
      case 2:
        return mode_ == kAnsiQuotes ? quoted('\'') : quoted('"');
      case 3:
        return quoted('`');
      case 4:
        return comment() + "1";
      case 5:
        return "/*!50000 1 */";
      default:
        return "1 -- it's\n + 2";
    }
  }

  void add_row() {
    if (pick(10) == 0) {
      add("Init DB", "app");
      return;
    }
    std::string text = pick(2) == 0 ? "INSERT INTO t VALUES (" : "SELECT (";
    for (int i = pick(3); i >= 0; --i) text += expression() + (i > 0 ? ", " : ")");
    add(pick(5) == 0 ? "Execute" : "Query", text);
  }

  static constexpr std::uint64_t kThread = 8;
  std::mt19937_64 random_;
  Counts& counts_;
  Server server_ = Server::mysql9;
  QuoteModes mode_ = kPlain;
  int second_ = 0;
};

bool lexer_says_open(const std::string& text, QuoteModes mode) {
  sql::LexerOptions options;
  options.ansi_quotes = mode == kAnsiQuotes;
  options.no_backslash_escapes = mode == kNoBackslash;
  sql::Lexer lexer(text, options);
  for (;;) {
    const sql::Token token = lexer.next();
    if (token.kind == sql::TokenKind::unterminated) return true;
    if (token.kind == sql::TokenKind::end) return false;
  }
}

// On the statement and on its beginnings.
bool scanner_agrees(const std::string& text, QuoteModes mode) {
  if (text.find('$') != std::string::npos) return true;  // the lexer looks ahead for the second tag
  for (const std::size_t size : {text.size(), text.size() / 2, text.size() / 3}) {
    const std::string part = text.substr(0, size);
    StatementScanner scanner({mode != kNoBackslash, mode == kPlain, false, false});
    scanner.feed(part);
    if (scanner.open() != lexer_says_open(part, mode)) return false;
  }
  return true;
}

// "" when what came out is a beginning of what was written, and all of it where nothing stopped.
std::string check(const Generator& made, Counts& counts) {
  RowReaderSettings settings;
  settings.to_utc = utc_of;
  settings.global_modes = made.mode();
  settings.events_run = false;
  RowReader reader(settings, LogState(made.mode()), 0);
  std::size_t rows = 0;
  for (;;) {
    const auto step = reader.next(std::string_view(made.log).substr(reader.offset()), true);
    if (step == RowReader::Step::need_more) return "wants more than there is";
    if (step != RowReader::Step::row) {
      const bool stopped = step == RowReader::Step::doubt;
      ++(stopped ? counts.stops : counts.whole);
      if (!stopped && rows != made.written.size()) return "a row was passed over";
      // With a known sql_mode a server that logs only what it could parse leaves doubt about very little.
      return "";
    }
    const LogRow& row = reader.row();
    if (rows == made.written.size()) return "a row too many";
    const Written& wanted = made.written[rows++];
    if (row.thread_id != wanted.thread || row.command_type != wanted.command || row.text != wanted.text)
      return "row " + std::to_string(rows) + " is not what was written";
    ++counts.rows;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t logs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  set_wall_clock("UTC");
  Counts counts;
  for (; counts.logs < logs; ++counts.logs) {
    Generator made(seed + counts.logs, counts);
    made.make();
    std::string wrong = check(made, counts);
    for (const Written& row : made.written) {
      if (!scanner_agrees(row.text, made.mode())) wrong = "scanner and lexer disagree on: " + row.text;
    }
    if (wrong.empty()) continue;
    std::printf("seed %llu: %s\n%s\n", static_cast<unsigned long long>(seed + counts.logs), wrong.c_str(),
                made.log.c_str());
    return 1;
  }
  std::printf(
      "%llu logs, %llu lines that imitate rows: no forged row came out. %llu rows; %llu logs read to their "
      "end, %llu stopped in doubt\n",
      static_cast<unsigned long long>(counts.logs), static_cast<unsigned long long>(counts.imitations),
      static_cast<unsigned long long>(counts.rows), static_cast<unsigned long long>(counts.whole),
      static_cast<unsigned long long>(counts.stops));
  return counts.whole > 0 ? 0 : 1;
}
