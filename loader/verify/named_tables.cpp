#include "loader/verify/named_tables.h"

#include <algorithm>

#include "common/util/config.h"
#include "common/util/error.h"

namespace dw::load {
namespace {

constexpr std::size_t kMostShown = 5;

std::string full_name(const TableId& table) {
  return table.schema + "." + table.table;
}

[[noreturn]] void refuse_unknown(const std::string& word, const std::set<TableId>& known) {
  std::set<std::string> names;
  const bool alone = word.find('.') == std::string::npos;
  for (const TableId& table : known) {
    names.insert(full_name(table));
    if (alone) names.insert({table.schema, table.table});
  }
  throw Error(
      ExitCode::usage, "neither production nor the mirror has a table or schema \"" + word + "\"",
      names.empty() ? "see the config's databases" : "did you mean \"" + nearest(word, names) + "\"?");
}

[[noreturn]] void refuse_ambiguous(const std::string& word, const std::vector<std::string>& meanings) {
  std::string list;
  for (std::size_t i = 0; i < std::min(meanings.size(), kMostShown); ++i)
    list += (i == 0 ? "" : ", ") + meanings[i];
  if (meanings.size() > kMostShown) list += ", …";
  throw Error(ExitCode::usage, "\"" + word + "\" may be " + list, "write DB.TABLE");
}

void add_named(std::set<TableId>& out, const std::string& word, const std::set<TableId>& known) {
  std::vector<TableId> tables;
  std::vector<TableId> of_schema;
  for (const TableId& table : known) {
    // The word as a whole decides: names may have dots in them.
    if (full_name(table) == word) {
      out.insert(table);
      return;
    }
    if (table.table == word) tables.push_back(table);
    if (table.schema == word) of_schema.push_back(table);
  }
  std::vector<std::string> meanings;
  meanings.reserve(tables.size() + 1);
  for (const TableId& table : tables) meanings.push_back(full_name(table));
  if (!of_schema.empty()) meanings.push_back("the schema " + word);
  if (meanings.empty()) refuse_unknown(word, known);
  if (meanings.size() > 1) refuse_ambiguous(word, meanings);
  const std::vector<TableId>& meant = tables.empty() ? of_schema : tables;
  out.insert(meant.begin(), meant.end());
}

}  // namespace

std::set<TableId> tables_named(const std::vector<std::string>& words, const std::set<TableId>& known) {
  std::set<TableId> out;
  for (const std::string& word : words) add_named(out, word, known);
  return out;
}

}  // namespace dw::load
