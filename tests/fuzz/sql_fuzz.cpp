// common/sql on any text, read under every sql_mode that matters: the lexer covers it, a packet's pieces
// cover it, and a piece that claims to be self-contained is the same statement wherever it stands.
#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/alter_table.h"
#include "common/sql/identifiers.h"
#include "common/sql/insert_row.h"
#include "common/sql/lexer.h"
#include "common/sql/set_statement.h"
#include "common/sql/statement.h"
#include "tests/fuzz/fuzz.h"

using namespace dw::sql;
using dw::fuzz::require;

namespace {

constexpr std::size_t kSqlModes = 4;  // the first of all_options()

// Both quotings and both escapings, and a few of the servers and character sets with each.
std::vector<LexerOptions> all_options() {
  std::vector<LexerOptions> out;
  for (const bool ansi_quotes : {false, true}) {
    for (const bool no_backslash_escapes : {false, true}) {
      LexerOptions options;
      options.ansi_quotes = ansi_quotes;
      options.no_backslash_escapes = no_backslash_escapes;
      out.push_back(options);
    }
  }
  out[1].server = ServerVersion::parse("9.7.4");
  out[2].server = ServerVersion::parse("10.11.19-MariaDB");
  LexerOptions gbk;
  gbk.charset = Charset::gbk;
  gbk.version_comments = VersionComments::skip;
  out.push_back(gbk);
  LexerOptions sjis = out[3];
  sjis.charset = Charset::sjis;
  sjis.oracle = true;
  out.push_back(sjis);
  return out;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\n\v\f\r") == std::string_view::npos;
}

std::size_t offset_in(std::string_view whole, std::string_view part) {
  return static_cast<std::size_t>(part.data() - whole.data());
}

std::vector<Token> tokens_of(std::string_view text, LexerOptions options) {
  std::vector<Token> out;
  Lexer lexer(text, options);
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    out.push_back(token);
    require(out.size() <= text.size() + 1, "every token but one takes a byte");
  }
  require(lexer.offset() == text.size(), "the lexer reaches the end");
  require(lexer.next().kind == TokenKind::end, "behind the end is the end");
  return out;
}

bool is_unterminated(const std::vector<Token>& tokens) {
  return std::any_of(tokens.begin(), tokens.end(),
                     [](const Token& token) { return token.kind == TokenKind::unterminated; });
}

// Tokens view the text in its order; between them is white space and nothing else.
void check_lexer(std::string_view text, LexerOptions options) {
  options.keep_comments = true;
  std::vector<Token> all = tokens_of(text, options);
  std::size_t covered = 0;
  for (const Token& token : all) {
    const std::size_t begin = offset_in(text, token.text);
    require(begin >= covered && begin + token.text.size() <= text.size(), "tokens do not overlap");
    require(is_blank(text.substr(covered, begin - covered)), "only white space is left out");
    covered = begin + token.text.size();
  }
  require(is_blank(text.substr(covered)), "tokens cover the text");
  std::erase_if(all, [](const Token& token) { return token.kind == TokenKind::comment; });
  options.keep_comments = false;
  const std::vector<Token> plain = tokens_of(text, options);
  require(std::equal(all.begin(), all.end(), plain.begin(), plain.end(),
                     [](const Token& a, const Token& b) {
                       return a.kind == b.kind && a.text.data() == b.text.data() &&
                              a.text.size() == b.text.size();
                     }),
          "comments are left out and nothing else");
}

bool same_statement(const Statement& a, const Statement& b) {
  return a.text == b.text && a.cls == b.cls && a.verb == b.verb && a.doubts == b.doubts &&
         a.writes == b.writes && a.reads == b.reads && a.chain == b.chain && a.release == b.release &&
         a.name == b.name && a.autocommit_value == b.autocommit_value && a.temporary == b.temporary &&
         a.commits == b.commits && a.self_contained == b.self_contained;
}

// What lies between the pieces holds no statement.
void check_gap(std::string_view gap, LexerOptions options) {
  for (const Token& token : tokens_of(gap, options)) {
    const bool nothing = token.is(";") || token.kind == TokenKind::version_comment ||
                         token.kind == TokenKind::version_comment_end;
    require(nothing, "a packet's pieces leave out nothing but empty statements");
  }
}

void check_views(const Statement& statement) {
  if (const auto row = parse_insert_row(statement)) {
    require(row->columns.size() == row->values.size(), "a value for each column");
    require(offset_in(statement.text, row->head) == 0, "the head comes first");
    require(offset_in(statement.text, row->row) >= row->head.size(), "the row stands behind the head");
    require(offset_in(statement.text, row->row) + row->row.size() <= statement.text.size(),
            "inside the text");
    require(row->row.front() == '(' && row->row.back() == ')', "a row has its parentheses");
  }
  what_it_drops(statement);
}

std::vector<Statement> check_packet(std::string_view text, LexerOptions options) {
  std::vector<Statement> pieces = parse_packet(text, options);
  require(!pieces.empty(), "a packet has at least one piece");
  std::size_t covered = 0;
  for (const Statement& piece : pieces) {
    const std::size_t begin = offset_in(text, piece.text);
    require(begin >= covered && begin + piece.text.size() <= text.size(), "pieces do not overlap");
    check_gap(text.substr(covered, begin - covered), options);
    covered = begin + piece.text.size();
    check_views(piece);
    if (piece.self_contained) {
      require(same_statement(piece, classify(piece.text, options)), "a self-contained piece stands alone");
      const std::vector<Statement> again = parse_packet(piece.text, options);
      require(again.size() == 1 && same_statement(piece, again.front()), "and is one piece");
    }
  }
  check_gap(text.substr(covered), options);
  const bool open = is_unterminated(tokens_of(text, options));
  require(!open || pieces.back().cls == StatementClass::unparsed, "unterminated text is unparsed");
  const Statement whole = classify(text, options);
  require(pieces.size() == 1 || whole.cls == StatementClass::unparsed, "several statements are no statement");
  require(pieces.size() != 1 || same_statement(whole, pieces.front()), "one statement is one piece");
  return pieces;
}

// Two self-contained statements may share a packet.
void check_joined(std::string_view text, LexerOptions options) {
  const Statement first = classify(text.substr(0, text.size() / 2), options);
  const Statement second = classify(text.substr(text.size() / 2), options);
  const auto may_join = [](const Statement& statement) {
    return statement.self_contained && statement.cls != StatementClass::unparsed &&
           statement.cls != StatementClass::empty;
  };
  if (!may_join(first) || !may_join(second)) return;
  const std::string packet = std::string(first.text) + ";" + std::string(second.text);
  const std::vector<Statement> joined = parse_packet(packet, options);
  require(joined.size() == 2 && same_statement(joined[0], first) && same_statement(joined[1], second),
          "self-contained statements can share a packet");
}

void check_assignments(std::string_view text, LexerOptions options) {
  const auto assignments = parse_assignments(text, options);
  if (!assignments) return;
  std::size_t behind = 0;
  for (const Assignment& one : *assignments) {
    require(!one.expression.empty() && offset_in(text, one.expression) >= behind,
            "assignments stand in order");
    behind = offset_in(text, one.expression) + one.expression.size();
    require(behind <= text.size(), "inside the text");
    if (one.constant) constant_value(one.expression);
  }
}

void check_quoting(std::string_view text) {
  const std::string identifier = quote_identifier(text);
  require(unquote(identifier) == text, "an identifier comes back");
  const std::string literal = quote_literal(text);
  require(unquote(literal) == text, "a literal comes back");
  const std::vector<Token> one = tokens_of(literal, {});
  require(one.size() == 1 && one.front().kind == TokenKind::string, "a literal is one token");
  const std::vector<LexerOptions> readers = all_options();
  for (const LexerOptions options : std::span(readers).first(kSqlModes)) {
    const std::vector<Token> name = tokens_of(identifier, options);
    require(name.size() == 1 && name.front().kind == TokenKind::quoted_identifier,
            "an identifier is one token");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::vector<Statement>> readings;
  for (const LexerOptions options : all_options()) {
    check_lexer(text, options);
    readings.push_back(check_packet(text, options));
    check_joined(text, options);
    check_assignments(text, options);
  }
  for (const auto& reading : std::span(readings).first(kSqlModes)) {
    const bool same_end =
        !readings.front().front().self_contained || reading.front().text == readings.front().front().text;
    require(same_end, "where a self-contained statement ends does not depend on sql_mode");
  }
  check_quoting(text);
  return 0;
}
