// From production's collations and character sets to those of the mirror. Pure: what both servers have comes
// in as values.
//
// Equality decides, since keys and WHERE depend on it. Compared over all 1,112,063 code points, MySQL 9.7
// against MariaDB 10.11 (integration_dialect "[figures]"): of the 39,529 that MySQL's
// table knows, uca1400_nopad_ai_ci tells 15 pairs apart that utf8mb4_0900_ai_ci holds equal, and makes three
// classes equal that are not (R rotunda and R; two Javanese signs; the Sharada sandhi mark and nothing).
// Characters newer than Unicode 9 are all different under 0900, and follow Unicode 14 under uca1400.
// unicode_520_nopad_ci makes fewer equal (two signs) but tells 489 classes, 5,195 characters, apart.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace dw::load {

struct CollationFacts {
  std::set<std::string> known;                        // collations of the mirror, in full; empty: not asked
  std::map<std::string, std::string> mirror_default;  // by character set
  std::map<std::string, std::string> source_default;  // where it is known to be another than of old
};

class Collations {
 public:
  Collations() = default;
  explicit Collations(CollationFacts facts) : facts_(std::move(facts)) {}

  // The mirror's name for a collation: itself where the mirror has it, else the nearest, else itself (the
  // mirror will refuse it). Lower case.
  [[nodiscard]] std::string nearest(std::string_view collation) const;
  // utf8 means utf8mb3 to every MySQL, but utf8mb4 to a MariaDB whose old_mode is empty.
  [[nodiscard]] std::string character_set(std::string_view name) const;
  // The collation to be written behind CHARACTER SET `name` that names none, so that the mirror takes the one
  // that the source takes; "" where it does by itself.
  [[nodiscard]] std::string to_add(std::string_view character_set) const;
  // What stands behind SET NAMES: `utf8mb4`, `'utf8mb4' COLLATE 'utf8mb4_0900_ai_ci'`.
  [[nodiscard]] std::string names(const std::string& names) const;

 private:
  [[nodiscard]] bool has(const std::string& collation) const { return facts_.known.contains(collation); }
  [[nodiscard]] std::string for_0900(const std::string& collation) const;
  [[nodiscard]] std::string for_uca1400(const std::string& collation) const;

  CollationFacts facts_;
};

}  // namespace dw::load
