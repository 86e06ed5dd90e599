// Conditions over a table's key, as SQL. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace dw::rows {

// A part of a key: the column, quoted, and a value, as a literal.
struct KeyPart {
  std::string column;
  std::string literal;
};
using Key = std::vector<KeyPart>;

// Rows behind the key, in the order of its columns. Written out: neither server uses an index for
// (a,b) > (1,2) (MySQL manual 10.2.1.22, "Row Constructor Expression Optimization").
std::string behind(std::span<const KeyPart> key);
// Rows up to the key, itself included.
std::string up_to(std::span<const KeyPart> key);
// The rows that have one of the keys.
std::string any_of(const std::vector<Key>& keys);

}  // namespace dw::rows
