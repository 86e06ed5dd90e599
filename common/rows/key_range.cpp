#include "common/rows/key_range.h"

namespace dw::rows {
namespace {

// a > 1 OR (a = 1 AND (b > 2 OR …)), with `last` for the last column; a bound on the first column alone
// stands in front, for the index.
std::string compare(std::span<const KeyPart> key, const std::string& direction, const std::string& last) {
  const KeyPart& first = key.front();
  if (key.size() == 1) return first.column + last + first.literal;
  const std::string inner = compare(key.subspan(1), direction, last);
  return first.column + direction + "=" + first.literal + " AND (" + first.column + direction +
         first.literal + " OR (" + inner + "))";
}

}  // namespace

std::string behind(std::span<const KeyPart> key) {
  return compare(key, ">", ">");
}

std::string up_to(std::span<const KeyPart> key) {
  return compare(key, "<", "<=");
}

std::string any_of(const std::vector<Key>& keys) {
  std::string out;
  for (const Key& key : keys) {
    std::string one;
    for (const KeyPart& part : key) {
      one +=
          (one.empty() ? "" : " AND ") + part.column + (part.literal == "NULL" ? " IS " : "=") + part.literal;
    }
    out += (out.empty() ? "(" : " OR (") + one + ")";
  }
  return out.empty() ? "FALSE" : out;
}

}  // namespace dw::rows
