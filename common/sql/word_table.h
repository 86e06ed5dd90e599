// A set of words, built at compile time, that finds a word whatever its case (ASCII) in constant time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "common/util/letter_case.h"

namespace dw::sql {

// `Slots` is a power of two, at least twice `Words`. The words are lower-case, not empty and all different.
template <std::size_t Words, std::size_t Slots>
class WordTable {
 public:
  static_assert((Slots & (Slots - 1)) == 0 && Slots >= 2 * Words && Words < 0xFFFF);

  constexpr explicit WordTable(const std::array<std::string_view, Words>& words) : words_(words) {
    for (std::size_t i = 0; i < Words; ++i) {
      const std::uint32_t h = hash(words[i]);
      std::size_t slot = slot_of(h);
      while (slots_[slot].number != 0) slot = (slot + 1) & (Slots - 1);
      slots_[slot] = {static_cast<std::uint16_t>(i + 1), tag(h)};
      if (words[i].size() > longest_) longest_ = words[i].size();
    }
  }

  static constexpr int kNotFound = -1;

  // Index of the word in the array given to the constructor, or kNotFound. `word` has no control characters.
  [[nodiscard]] int find(std::string_view word) const {
    if (word.empty() || word.size() > longest_) return kNotFound;
    const std::uint32_t h = hash(word);
    for (std::size_t slot = slot_of(h); slots_[slot].number != 0; slot = (slot + 1) & (Slots - 1)) {
      if (slots_[slot].tag != tag(h)) continue;
      const std::size_t index = slots_[slot].number - 1u;
      if (same(words_[index], word)) return static_cast<int>(index);
    }
    return kNotFound;
  }

 private:
  struct Slot {
    std::uint16_t number = 0;  // index + 1
    std::uint16_t tag = 0;     // of the word's hash: most other words are told from it without a look at them
  };

  static constexpr std::uint32_t hash(std::string_view word) {
    const std::uint32_t bytes = fold(word[0]) | fold(word[word.size() / 4]) << 8 |
                                fold(word[word.size() / 2]) << 16 | fold(word[word.size() - 1]) << 24;
    constexpr std::uint32_t kSpread = 0x9E3779B1u;  // 2^32 over the golden ratio
    return (bytes + static_cast<std::uint32_t>(word.size()) * 0x1000193u) * kSpread;
  }
  // The upper bits of a product depend on all of its factors' bits.
  static constexpr std::size_t slot_of(std::uint32_t h) { return (h >> 16) & (Slots - 1); }
  static constexpr std::uint16_t tag(std::uint32_t h) { return static_cast<std::uint16_t>(h >> 4); }
  // One form for both cases of a letter. Of the bytes that words have, no two others get the same.
  static constexpr std::uint32_t fold(char c) { return static_cast<unsigned char>(c) | 0x20u; }
  // In pieces of eight bytes or four, the last one of which may overlap the one before.
  static bool same(std::string_view lower, std::string_view word) {
    const std::size_t n = word.size();
    if (lower.size() != n) return false;
    if (n >= sizeof(std::uint64_t)) return same_pieces<std::uint64_t>(lower.data(), word.data(), n);
    if (n >= sizeof(std::uint32_t)) return same_pieces<std::uint32_t>(lower.data(), word.data(), n);
    for (std::size_t i = 0; i < n; ++i) {
      if (fold(lower[i]) != fold(word[i])) return false;
    }
    return true;
  }
  template <typename Piece>
  static bool same_pieces(const char* a, const char* b, std::size_t n) {
    constexpr auto kFold = static_cast<Piece>(0x2020202020202020u);
    const auto piece = [](const char* p) {
      Piece out;
      std::memcpy(&out, p, sizeof out);
      return out | kFold;
    };
    for (std::size_t i = 0; i + sizeof(Piece) < n; i += sizeof(Piece)) {
      if (piece(a + i) != piece(b + i)) return false;
    }
    return piece(a + n - sizeof(Piece)) == piece(b + n - sizeof(Piece));
  }

  std::array<std::string_view, Words> words_;
  std::array<Slot, Slots> slots_{};
  std::size_t longest_ = 0;
};

}  // namespace dw::sql
