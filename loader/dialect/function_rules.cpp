// Functions that MySQL has and MariaDB has under another name, or not at all.
#include <array>

#include "common/sql/identifiers.h"
#include "loader/dialect/rules.h"

namespace dw::load {
namespace {

using sql::TokenKind;

// The regular expressions' back references are escaped as the session's strings are.
std::string in_string(std::string text, sql::LexerOptions options) {
  if (options.no_backslash_escapes) return text;
  std::string out;
  for (const char c : text) out += c == '\\' ? std::string("\\\\") : std::string(1, c);
  return out;
}

struct Call {
  std::size_t open = 0;
  std::size_t close = 0;
  std::size_t comma = 0;  // the first one outside inner parentheses; `close` when there is none
};

std::optional<Call> call_at(const Rewriter& tokens, std::size_t i) {
  if (!tokens.is(i + 1, "(")) return std::nullopt;
  Call call{i + 1, tokens.close_of(i + 1), 0};
  if (call.close == tokens.size()) return std::nullopt;
  call.comma = tokens.find(call.open + 1, call.close, ",");
  return call;
}

// Whether the second argument of a call, if there is one, is the number 1; nullopt when it is neither 0
// nor 1.
std::optional<bool> swaps(const Rewriter& tokens, const Call& call) {
  if (call.comma == call.close) return false;
  const sql::Token& flag = tokens.at(call.comma + 1);
  const bool plain = call.comma + 2 == call.close && (flag.text == "0" || flag.text == "1");
  return plain ? std::optional<bool>(flag.text == "1") : std::nullopt;
}

bool is_uuid(std::string_view text) {
  int digits = 0;
  for (const char c : text) {
    if (std::string_view("0123456789abcdefABCDEF").find(c) != std::string_view::npos)
      ++digits;
    else if (c != '-' && c != '{' && c != '}')
      return false;
  }
  constexpr int kDigits = 32;
  return digits == kDigits;
}

// Wraps the first argument of a call, which loses its name and the rest.
void wrap(Rewriter& tokens, std::size_t name, const Call& call, const std::string& head,
          const std::string& tail) {
  tokens.replace(name, head);
  tokens.erase(call.open, call.open + 1);
  tokens.erase(call.comma, call.close);
  tokens.replace(call.close, tail);
}

void uuid_to_bin(Work& work, std::size_t i, const Call& call) {
  const auto swap = swaps(work.tokens, call);
  if (!swap) return;
  const sql::Token& argument = work.tokens.at(call.open + 1);
  const bool literal = argument.kind == TokenKind::string && call.open + 2 == call.comma;
  if (!literal || !is_uuid(sql::unquote(argument.text)))
    work.out.suspect = "UUID_TO_BIN: MySQL refuses what is no UUID, the mirror takes it";
  const std::string pattern = in_string(R"('\3\2\1\4')", work.options);
  wrap(work.tokens, i, call,
       *swap ? "UNHEX(REGEXP_REPLACE(REPLACE(REPLACE(REPLACE(" : "UNHEX(REPLACE(REPLACE(REPLACE(",
       *swap ? ",'-',''),'{',''),'}',''),'^(.{8})(.{4})(.{4})(.{16})$'," + pattern + "))"
             : ",'-',''),'{',''),'}',''))");
}

void bin_to_uuid(Work& work, std::size_t i, const Call& call) {
  const auto swap = swaps(work.tokens, call);
  if (!swap) return;
  const std::string pattern =
      *swap ? "'^(.{4})(.{4})(.{8})(.{4})(.{12})$'," + in_string(R"('\3-\2-\1-\4-\5')", work.options)
            : "'^(.{8})(.{4})(.{4})(.{4})(.{12})$'," + in_string(R"('\1-\2-\3-\4-\5')", work.options);
  wrap(work.tokens, i, call, "LOWER(REGEXP_REPLACE(HEX(", ")," + pattern + "))");
}

// REGEXP_LIKE(a, b): (a) REGEXP (b). With a match type it stays.
void regexp_like(Work& work, std::size_t i, const Call& call) {
  const bool two =
      call.comma != call.close && work.tokens.find(call.comma + 1, call.close, ",") == call.close;
  if (!two) return;
  work.tokens.replace(i, "((");
  work.tokens.erase(call.open, call.open + 1);
  work.tokens.replace(call.comma, ") REGEXP (");
  work.tokens.replace(call.close, "))");
}

// CAST(x AS JSON): JSON_EXTRACT(x, '$'), whose result other JSON functions take for JSON too.
void cast(Work& work, std::size_t i, const Call& call) {
  const std::size_t as = work.tokens.find(call.open + 1, call.close, "AS");
  if (as == call.close || as + 2 != call.close || !work.tokens.is(as + 1, "JSON")) return;
  work.tokens.replace(i, "JSON_EXTRACT");
  work.tokens.replace(as, ", '$'");
  work.tokens.erase(as + 1, as + 2);
  work.out.suspect = "CAST(… AS JSON): MySQL refuses what is no JSON, the mirror makes it NULL";
}

// With a spatial reference system MySQL reads latitude first, and MariaDB takes the number for a label.
bool has_reference_system(const Rewriter& tokens, std::size_t i, const Call& call) {
  static constexpr std::array kNames{"ST_GEOMFROMTEXT", "ST_GEOMETRYFROMTEXT", "ST_POINTFROMTEXT",
                                     "ST_GEOMFROMWKB", "ST_SRID"};
  for (const char* name : kNames) {
    if (tokens.is(i, name)) return call.comma != call.close && tokens.at(call.comma + 1).text != "0";
  }
  return false;
}

}  // namespace

void rewrite_functions(Work& work) {
  Rewriter& tokens = work.tokens;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens.at(i).kind != TokenKind::word || tokens.at(i).identifier) continue;
    const auto call = call_at(tokens, i);
    if (!call) continue;
    if (tokens.is(i, "UUID_TO_BIN")) uuid_to_bin(work, i, *call);
    if (tokens.is(i, "BIN_TO_UUID")) bin_to_uuid(work, i, *call);
    if (tokens.is(i, "REGEXP_LIKE")) regexp_like(work, i, *call);
    if (tokens.is(i, "CAST")) cast(work, i, *call);
    if (tokens.is(i, "JSON_EXTRACT")) work.out.suspect = "it compares JSON, which is text on the mirror";
    if (has_reference_system(tokens, i, *call))
      work.out.suspect = "coordinates of a spatial reference system: their order is not production's";
  }
}

}  // namespace dw::load
