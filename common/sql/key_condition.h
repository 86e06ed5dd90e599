// Tokens of statements that name keys, and the conditions of a WHERE that do.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/key_predicate.h"
#include "common/sql/tokens.h"

namespace dw::sql {

bool is_name_token(const Token& token);
// The word, where it is no name behind or before a dot (t.limit).
bool is_keyword(const Token& token, std::string_view upper);
// Without quotes, in lower case.
std::string lower_name(const Token& token);
Backslash backslash_of(LexerOptions options);

// The key's column that the tokens begin with, `width` tokens with its qualifier; nullopt: another column,
// or, when `width` is 0, none at all.
std::optional<std::size_t> column_at(std::span<const Token> tokens, std::size_t& width, const TableKey& key,
                                     const std::vector<std::string>& qualifiers);

// nullopt when the tokens are not one constant and nothing else.
std::optional<Constant> constant_of(std::span<const Token> tokens);

// What a WHERE of one table says of its key.
KeySet rows_named_by(std::span<const Token> where, const TableKey& key,
                     const std::vector<std::string>& qualifiers, LexerOptions options);

}  // namespace dw::sql
