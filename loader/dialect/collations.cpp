#include "loader/dialect/collations.h"

#include <array>
#include <utility>

#include "common/sql/identifiers.h"
#include "common/sql/lexer.h"
#include "common/sql/word_table.h"
#include "common/util/letter_case.h"

namespace dw::load {
namespace {

constexpr std::string_view kUtf8mb4 = "utf8mb4_";
constexpr std::string_view k0900 = "0900_";

// MySQL's language codes, and the names that MariaDB gives the same tailorings. Others (bg, ja, ru, zh …)
// tailor the order only.
std::string language_name(std::string_view code) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 23> kNames{{
      {"bs", "croatian"},  {"cs", "czech"},         {"da", "danish"},        {"de_pb", "german2"},
      {"eo", "esperanto"}, {"es", "spanish"},       {"es_trad", "spanish2"}, {"et", "estonian"},
      {"gl", "spanish"},   {"hr", "croatian"},      {"hu", "hungarian"},     {"is", "icelandic"},
      {"la", "roman"},     {"lt", "lithuanian"},    {"lv", "latvian"},       {"nb", "danish"},
      {"nn", "danish"},    {"pl", "polish"},        {"ro", "romanian"},      {"sk", "slovak"},
      {"sl", "slovenian"}, {"sr_latn", "croatian"}, {"sv", "swedish"},
  }};
  for (const auto& [own, name] : kNames) {
    if (own == code) return std::string(name) + "_";
  }
  if (code == "tr") return "turkish_";
  if (code == "vi") return "vietnamese_";
  return "";
}

}  // namespace

// utf8mb4_0900_ai_ci, utf8mb4_de_pb_0900_as_cs, utf8mb4_ja_0900_as_cs_ks.
std::string Collations::for_0900(const std::string& collation) const {
  const std::size_t at = collation.find(k0900);
  const std::string language =
      at > kUtf8mb4.size()
          ? language_name(std::string_view(collation).substr(kUtf8mb4.size(), at - kUtf8mb4.size() - 1))
          : "";
  const std::string rest = collation.substr(at + k0900.size());
  if (rest == "bin") return "utf8mb4_nopad_bin";
  const std::string strength = rest.substr(0, 5);  // ai_ci, as_ci, as_cs
  for (const std::string& part : {language, std::string()}) {
    std::string name = "utf8mb4_uca1400_" + part + "nopad_" + strength;
    if (has(name)) return name;
  }
  // Before 10.10 nothing is sensitive to accents but the binary ones: equal under those is equal under all.
  return strength == "ai_ci" ? "utf8mb4_unicode_520_nopad_ci" : "utf8mb4_nopad_bin";
}

// MariaDB's, for MySQL: utf8mb4_uca1400_[language_][nopad_]ai_ci. Blanks at the end count there.
std::string Collations::for_uca1400(const std::string& collation) const {
  const bool root = collation.find("_uca1400_ai_") != std::string::npos ||
                    collation.find("_uca1400_as_") != std::string::npos ||
                    collation.find("_uca1400_nopad_") != std::string::npos;
  return root ? "utf8mb4_0900_" + collation.substr(collation.size() - 5) : "";
}

std::string Collations::nearest(std::string_view collation) const {
  std::string name = lower(collation);
  if (facts_.known.empty() || has(name)) return name;
  std::string out;
  if (name.starts_with("utf8_")) out = "utf8mb3_" + name.substr(5);
  if (name.starts_with("utf8mb3_")) out = "utf8_" + name.substr(8);
  if (name.starts_with(kUtf8mb4) && name.find(k0900) != std::string::npos) out = for_0900(name);
  if (name.starts_with("uca1400_")) out = for_uca1400("utf8mb4_" + name);
  if (name.starts_with("utf8mb4_uca1400_")) out = for_uca1400(name);
  return has(out) ? out : name;
}

std::string Collations::character_set(std::string_view name) const {
  std::string out = lower(name);
  return out == "utf8" && has("utf8mb3_general_ci") ? "utf8mb3" : out;
}

std::string Collations::to_add(std::string_view character_set) const {
  const std::string name = lower(character_set);
  const auto wanted = facts_.source_default.find(name);
  const auto present = facts_.mirror_default.find(name);
  if (wanted == facts_.source_default.end() || present == facts_.mirror_default.end()) return "";
  std::string mapped = nearest(wanted->second);
  return mapped == present->second || !has(mapped) ? "" : mapped;
}

std::string Collations::names(const std::string& names) const {
  sql::Lexer lexer(names);
  const sql::Token set = lexer.next();
  if (set.kind == sql::TokenKind::end) return names;
  const std::string charset = sql::unquote(set.text);
  const sql::Token collate = lexer.next();
  const std::string collation =
      collate.is("COLLATE") ? nearest(sql::unquote(lexer.next().text)) : to_add(charset);
  if (collation.empty()) return names;
  return std::string(set.text) + " COLLATE " + collation;
}

}  // namespace dw::load
