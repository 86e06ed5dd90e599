// Passwords do not get into what is written down: the text does not depend on them. Under each sql_mode and
// each way to read version comments.
#include <string>
#include <string_view>

#include "common/sql/lexer.h"
#include "common/sql/redact.h"
#include "tests/fuzz/fuzz.h"

using namespace dw::sql;
using dw::fuzz::require;

namespace {

// The secret as the server reads it whose session has these options.
std::string literal(std::string_view secret, char quote, const LexerOptions& options) {
  std::string out(1, quote);
  for (const char c : secret) {
    if (c == quote) out += quote;
    if (c == '\\' && !options.no_backslash_escapes) out += '\\';
    out += c;
  }
  return out + quote;
}

bool is_open(std::string_view text, const LexerOptions& options) {
  Lexer lexer(text, options);
  int version_comments = 0;
  for (Token token = lexer.next();; token = lexer.next()) {
    if (token.kind == TokenKind::unterminated) return true;
    if (token.kind == TokenKind::version_comment) ++version_comments;
    if (token.kind == TokenKind::version_comment_end) --version_comments;
    if (token.kind == TokenKind::end) return version_comments != 0;
  }
}

// `before`: any text; `secret`: any password behind it.
void check(const std::string& before, std::string_view secret, char quote, const LexerOptions& options) {
  for (const char* const word :
       {" IDENTIFIED BY ", " IDENTIFIED VIA x USING PASSWORD(", " MASTER_PASSWORD="}) {
    const std::string start = before + "\n" + word;
    if (is_open(start, options)) return;  // nothing that a server runs begins so
    const auto written = [&](std::string_view with) {
      return without_passwords(start + literal(with, quote, options) + ", 'other'", options);
    };
    const std::string out = written(secret);
    require(out == written("x"), "what is written down does not depend on the password");
    require(without_passwords(out, options) == out, "redacted twice is redacted once");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string before(text.substr(0, size / 2));
  const std::string_view secret = text.substr(size / 2);
  const bool dollar = text.find('$') != std::string_view::npos;  // $tag$ … $tag$ would reach over the literal
  for (const bool ansi_quotes : {false, true}) {
    for (const bool no_backslash_escapes : {false, true}) {
      for (const VersionComments comments : {VersionComments::run, VersionComments::skip}) {
        LexerOptions options;
        options.ansi_quotes = ansi_quotes;
        options.no_backslash_escapes = no_backslash_escapes;
        options.version_comments = comments;
        const std::string once = without_passwords(text, options);
        require(without_passwords(once, options) == once, "redacted twice is redacted once");
        if (dollar) continue;
        check(before, secret, '\'', options);
        if (!ansi_quotes) check(before, secret, '"', options);
      }
    }
  }
  return 0;
}
