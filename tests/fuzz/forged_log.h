// A generated log that tries to deceive the reader: rows of one server's format, with literals, comments and
// names that imitate rows, in every sql_mode. What was written is known, so what comes out can be compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "extractor/file_log/sessions.h"

namespace dw::fuzz {

enum class Server : std::uint8_t { mysql9, mysql57, mysql56, mariadb };

struct Written {
  std::uint64_t thread;
  std::string command;
  std::string text;
};

struct ForgedLog {
  Server server = Server::mysql9;
  extract::QuoteModes mode = extract::kPlain;
  std::string bytes;
  std::vector<Written> written;
  std::uint64_t imitations = 0;  // lines inside of statements that look like rows
};

// `pick(n)`: a number from 0 to n - 1.
ForgedLog make_forged_log(const std::function<int(int)>& pick);

struct Outcome {
  std::string
      wrong;  // "" when what came out is a beginning of what was written, and all where nothing stopped
  std::uint64_t rows = 0;
  bool stopped = false;  // in doubt
};

// Reads the log `piece` bytes at a time.
Outcome read_forged_log(const ForgedLog& log, std::size_t piece);

// How sql::Lexer sees a statement: whether it ends inside quotes or a comment.
bool lexer_says_open(std::string_view text, extract::QuoteModes mode);
// Whether StatementScanner says the same, of the statement and of its beginnings. Of a text with a $ nothing
// is said: the lexer looks ahead for the second tag.
bool scanner_agrees(std::string_view text, extract::QuoteModes mode);

}  // namespace dw::fuzz
