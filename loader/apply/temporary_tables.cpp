#include "loader/apply/temporary_tables.h"

#include "common/sql/identifiers.h"

namespace dw::load {

std::optional<std::uint64_t> TemporaryTables::owner(const Name& name) const {
  const auto found = owners_.find(name);
  return found == owners_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<TemporaryTables::Name> TemporaryTables::end_session(std::uint64_t thread) {
  std::vector<Name> out;
  for (auto entry = owners_.begin(); entry != owners_.end();) {
    if (entry->second == thread) {
      out.push_back(entry->first);
      entry = owners_.erase(entry);
    } else {
      ++entry;
    }
  }
  return out;
}

std::vector<TemporaryTables::Name> TemporaryTables::end_all() {
  std::vector<Name> out;
  for (const auto& [name, thread] : owners_) out.push_back(name);
  owners_.clear();
  return out;
}

std::string drop_temporary(const TemporaryTables::Name& name) {
  return "DROP TEMPORARY TABLE IF EXISTS " + sql::quote_identifier(name.first) + "." +
         sql::quote_identifier(name.second);
}

}  // namespace dw::load
