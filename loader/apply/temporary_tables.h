// Which source session owns which temporary table. The mirror runs all sessions on one connection, where a
// temporary table of one would hide the permanent table of the same name from all others.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dw::load {

class TemporaryTables {
 public:
  using Name = std::pair<std::string, std::string>;  // schema, table

  void created(std::uint64_t thread, const Name& name) { owners_[name] = thread; }
  void dropped(const Name& name) { owners_.erase(name); }
  [[nodiscard]] std::optional<std::uint64_t> owner(const Name& name) const;
  // Takes the session's tables off the list, and gives their names: they are to be dropped.
  std::vector<Name> end_session(std::uint64_t thread);
  std::vector<Name> end_all();

 private:
  std::map<Name, std::uint64_t> owners_;
};

std::string drop_temporary(const TemporaryTables::Name& name);

}  // namespace dw::load
