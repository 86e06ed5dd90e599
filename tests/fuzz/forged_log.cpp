#include "tests/fuzz/forged_log.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "common/sql/lexer.h"
#include "extractor/file_log/local_clock.h"
#include "extractor/file_log/row_reader.h"

namespace dw::fuzz {

using namespace dw::extract;

namespace {

class Generator {
 public:
  explicit Generator(const std::function<int(int)>& pick) : pick_(pick) {}

  ForgedLog make() {
    log_.server = static_cast<Server>(pick(4));
    log_.mode = pick(4) == 0 ? (pick(2) == 0 ? kNoBackslash : kAnsiQuotes) : kPlain;
    add_server_lines();
    add("Connect", "shop@10.0.0.5 on app using TCP/IP");
    const int rows = 3 + pick(12);
    for (int i = 0; i < rows; ++i) add_row();
    add("Quit", "");
    return std::move(log_);
  }

 private:
  int pick(int n) { return pick_(n); }

  void add_server_lines() {
    static constexpr const char* kVersions[] = {"9.7.4-2 ((Debian))", "5.7.44-log (MySQL)",
                                                "5.6.51-log (MySQL)", "10.11.19-MariaDB-log (Debian 12)"};
    log_.bytes += std::string("/usr/sbin/mysqld, Version: ") + kVersions[static_cast<int>(log_.server)] +
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
    const bool dated = log_.written.empty() || pick(3) == 0;
    if (dated) ++second_;
    log_.bytes += header(log_.server, kThread, command, dated) + text + "\n";
    log_.written.push_back({kThread, command, text});
  }

  // A line that looks like a row, of this server or another, of a session that lives or of none.
  std::string imitation() {
    static constexpr const char* kCommands[] = {"Query", "Quit", "Execute", "Init DB", "Connect", "Prepare"};
    ++log_.imitations;
    if (pick(12) == 0) {
      const std::string lines = log_.bytes.substr(0, log_.bytes.find("Argument\n") + 9);
      return lines + header(log_.server, kThread, "Query", false) + "drop database app";
    }
    const Server server = pick(4) == 0 ? static_cast<Server>(pick(4)) : log_.server;
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
    const bool escapes = quote != '`' && log_.mode != kNoBackslash && (quote == '\'' || log_.mode == kPlain);
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
        return log_.mode == kAnsiQuotes ? quoted('\'') : quoted('"');
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
  const std::function<int(int)>& pick_;
  ForgedLog log_;
  int second_ = 0;
};

RowReaderSettings settings_for(const ForgedLog& log) {
  RowReaderSettings settings;
  settings.to_utc = utc_of;
  settings.global_modes = log.mode;
  settings.events_run = false;
  return settings;
}

bool is(const LogRow& row, const Written& written) {
  return row.thread_id == written.thread && row.command_type == written.command && row.text == written.text;
}

}  // namespace

ForgedLog make_forged_log(const std::function<int(int)>& pick) {
  return Generator(pick).make();
}

Outcome read_forged_log(const ForgedLog& log, std::size_t piece) {
  RowReader reader(settings_for(log), LogState(log.mode), 0);
  Outcome out;
  std::size_t known = std::min(piece, log.bytes.size());
  for (;;) {
    const auto window = std::string_view(log.bytes).substr(reader.offset(), known - reader.offset());
    switch (reader.next(window, known == log.bytes.size())) {
      case RowReader::Step::need_more:
        if (known == log.bytes.size()) return {"wants more than there is", out.rows, false};
        known = std::min(known + piece, log.bytes.size());
        break;
      case RowReader::Step::row:
        if (out.rows == log.written.size()) return {"a row too many", out.rows, false};
        if (!is(reader.row(), log.written[out.rows++]))
          return {"row " + std::to_string(out.rows) + " is not what was written", out.rows, false};
        break;
      case RowReader::Step::doubt:
        out.stopped = true;
        return out;
      case RowReader::Step::end:
        if (out.rows != log.written.size()) out.wrong = "a row was passed over";
        return out;
    }
  }
}

namespace {

// x'…' and b'…' that are no literal: the lexer stops there, as the server does, but the quote is closed.
bool is_malformed_literal(std::string_view text) {
  return text.size() > 2 && text[1] == '\'' && text.find('\'', 2) != std::string_view::npos;
}

}  // namespace

bool lexer_says_open(std::string_view text, QuoteModes mode) {
  sql::LexerOptions options;
  options.ansi_quotes = mode == kAnsiQuotes;
  options.no_backslash_escapes = mode == kNoBackslash;
  sql::Lexer lexer(text, options);
  for (;;) {
    const sql::Token token = lexer.next();
    if (token.kind == sql::TokenKind::unterminated) return !is_malformed_literal(token.text);
    if (token.kind == sql::TokenKind::end) return false;
  }
}

// On the statement and on its beginnings.
bool scanner_agrees(std::string_view text, QuoteModes mode) {
  if (text.find('$') != std::string::npos) return true;  // the lexer looks ahead for the second tag
  for (const std::size_t size : {text.size(), text.size() / 2, text.size() / 3}) {
    const std::string_view part = text.substr(0, size);
    StatementScanner scanner({mode != kNoBackslash, mode == kPlain, false, false});
    scanner.feed(part);
    if (scanner.open() != lexer_says_open(part, mode)) return false;
  }
  return true;
}

}  // namespace dw::fuzz
