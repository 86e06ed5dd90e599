// Collations, character sets and definers: for every pair of servers.
#include "common/sql/identifiers.h"
#include "common/util/letter_case.h"
#include "loader/dialect/rules.h"

namespace dw::load {
namespace {

using sql::TokenKind;

// The position of the name behind CHARACTER SET [=] or CHARSET [=] at `i`; 0 when there is none.
std::size_t character_set_at(const Rewriter& tokens, std::size_t i) {
  std::size_t name = 0;
  if (tokens.is(i, "CHARSET")) name = i + 1;
  if ((tokens.is(i, "CHARACTER") || tokens.is(i, "CHAR")) && tokens.is(i + 1, "SET")) name = i + 2;
  if (name != 0 && tokens.is(name, "=")) ++name;
  const bool named = name != 0 && (tokens.is_name(name) || tokens.at(name).kind == TokenKind::string);
  return named && !tokens.at(i).identifier ? name : 0;
}

void map_collation(Work& work, std::size_t i) {
  const std::string name = sql::unquote(work.tokens.at(i).text);
  const std::string mapped = work.collations.nearest(name);
  if (equals_ignoring_case(name, mapped)) return;
  work.tokens.replace(i, mapped);
  // The ledger has room for the short name.
  if (mapped.substr(mapped.find('_')) != name.substr(name.find('_')))
    work.note(name + " became " + (mapped.starts_with("utf8mb4_uca") ? mapped.substr(8) : mapped));
}

void map_character_set(Work& work, std::size_t i) {
  const std::string name = sql::unquote(work.tokens.at(i).text);
  const std::string mapped = work.collations.character_set(name);
  if (!equals_ignoring_case(name, mapped)) work.tokens.replace(i, mapped);
}

}  // namespace

void map_collations(Work& work) {
  Rewriter& tokens = work.tokens;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens.at(i).kind != TokenKind::word) continue;
    if (tokens.is(i, "COLLATE") && !tokens.at(i).identifier) {
      const std::size_t name = tokens.is(i + 1, "=") ? i + 2 : i + 1;
      if (tokens.is_name(name) || tokens.at(name).kind == TokenKind::string) map_collation(work, name);
    } else if (const std::size_t name = character_set_at(tokens, i); name != 0) {
      map_character_set(work, name);
    } else if (tokens.is(i, "USING") && tokens.is(i + 2, ")")) {  // CONVERT(… USING utf8)
      map_character_set(work, i + 1);
    } else if (tokens.is(i, "_UTF8") && work.collations.character_set("utf8") == "utf8mb3") {
      const TokenKind next = tokens.at(i + 1).kind;
      if (next == TokenKind::string || next == TokenKind::hex_literal || next == TokenKind::bit_literal)
        tokens.replace(i, "_utf8mb3");
    }
  }
}

void add_default_collation(Work& work, std::size_t begin, std::size_t end) {
  Rewriter& tokens = work.tokens;
  if (tokens.find(begin, end, "COLLATE") != end) return;
  int depth = 0;
  for (std::size_t i = begin; i < end; ++i) {
    if (tokens.is(i, "(")) ++depth;
    if (tokens.is(i, ")")) --depth;
    const std::size_t name = depth == 0 ? character_set_at(tokens, i) : 0;
    if (name == 0) continue;
    const std::string collation = work.collations.to_add(sql::unquote(tokens.at(name).text));
    if (!collation.empty()) tokens.put_behind(name, " COLLATE " + collation);
    return;
  }
}

void leave_out_definer(Work& work) {
  Rewriter& tokens = work.tokens;
  constexpr std::size_t kFarthest = 12;  // CREATE OR REPLACE ALGORITHM = MERGE DEFINER
  for (std::size_t i = 1; i < kFarthest; ++i) {
    if (!tokens.is(i, "DEFINER") || !tokens.is(i + 1, "=")) continue;
    std::size_t end = i + 3;
    if (tokens.at(end).kind == TokenKind::user_variable) ++end;
    if (tokens.is(end, "(") && tokens.is(end + 1, ")")) end += 2;
    tokens.erase(i, end);
    work.note("DEFINER left out: it runs with dw-load's rights");
    return;
  }
}

}  // namespace dw::load
