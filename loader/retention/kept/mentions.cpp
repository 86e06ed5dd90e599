#include "loader/retention/kept/mentions.h"

#include <algorithm>

#include "common/util/letter_case.h"

namespace dw::load {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

// A name may stand right behind the digits of a version comment (/*!50000t*/); numbers are no names.
void Mentions::add(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_word(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    const std::string_view word = text.substr(at, end - at);
    const auto letter = std::find_if_not(word.begin(), word.end(), is_digit);
    if (letter != word.end()) {
      words_.insert(lower(word));
      if (letter != word.begin())
        words_.insert(lower(word.substr(static_cast<std::size_t>(letter - word.begin()))));
    }
    at = end;
  }
}

bool Mentions::has(std::string_view name) const {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), is_word) &&
                     !std::all_of(name.begin(), name.end(), is_digit);
  return !plain || words_.contains(lower(name));
}

}  // namespace dw::load
