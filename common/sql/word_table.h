// A set of words, built at compile time, that finds a word whatever its case (ASCII) in constant time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dw::sql {

constexpr char to_lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// Both texts are the same but for the case of ASCII letters.
constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && to_lower_ascii(a[i]) != to_lower_ascii(b[i])) return false;
  }
  return true;
}

// `Slots` is a power of two, at least twice `Words`. The words are lower-case, not empty and all different.
template <std::size_t Words, std::size_t Slots>
class WordTable {
 public:
  static_assert((Slots & (Slots - 1)) == 0 && Slots >= 2 * Words && Words < 0xFFFF);

  constexpr explicit WordTable(const std::array<std::string_view, Words>& words) : words_(words) {
    for (std::size_t i = 0; i < Words; ++i) {
      std::size_t slot = hash(words[i]);
      while (slots_[slot] != 0) slot = (slot + 1) & (Slots - 1);
      slots_[slot] = static_cast<std::uint16_t>(i + 1);
      if (words[i].size() > longest_) longest_ = words[i].size();
    }
  }

  static constexpr int kNotFound = -1;

  // Index of the word in the array given to the constructor, or kNotFound.
  [[nodiscard]] constexpr int find(std::string_view word) const {
    if (word.empty() || word.size() > longest_) return kNotFound;
    for (std::size_t slot = hash(word); slots_[slot] != 0; slot = (slot + 1) & (Slots - 1)) {
      const std::size_t index = slots_[slot] - 1u;
      if (equals_ignoring_case(words_[index], word)) return static_cast<int>(index);
    }
    return kNotFound;
  }

 private:
  static constexpr std::size_t hash(std::string_view word) {
    std::size_t h = word.size();
    h = h * 31 + fold(word[0]);
    h = h * 31 + fold(word[word.size() / 2]);
    h = h * 31 + fold(word[word.size() - 1]);
    h = h * 31 + fold(word[word.size() / 4]);
    return (h ^ (h >> 11)) & (Slots - 1);
  }
  static constexpr std::size_t fold(char c) { return static_cast<unsigned char>(c) | 0x20u; }

  std::array<std::string_view, Words> words_;
  std::array<std::uint16_t, Slots> slots_{};
  std::size_t longest_ = 0;
};

}  // namespace dw::sql
