#include "common/sql/keywords.h"

#include "common/sql/word_table.h"

namespace dw::sql {

namespace {

// In the enumerators' order; k_last_reserved is no word, so its place holds one that no lexer gives.
constexpr std::array kWords = std::to_array<std::string_view>({
#define DW_SQL_STRING(word) std::string_view(#word),
    DW_SQL_RESERVED_KEYWORDS(DW_SQL_STRING) std::string_view(" "), DW_SQL_OTHER_KEYWORDS(DW_SQL_STRING)
#undef DW_SQL_STRING
});

constexpr WordTable<kWords.size(), 1024> kTable(kWords);

}  // namespace

Keyword find_keyword(std::string_view word) {
  const int index = kTable.find(word);
  return index < 0 ? Keyword::k_none : static_cast<Keyword>(index + 1);
}

}  // namespace dw::sql
