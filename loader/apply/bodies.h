// What the bodies of the mirror's triggers and routines use of the session that they run in. Only the
// statement that fires or calls them is in the log.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "common/mysql/connection.h"

namespace dw::load {

class Bodies {
 public:
  explicit Bodies(mysql::Connection& connection) : connection_(connection) {}

  // The mirror's triggers or routines may have changed.
  void forget() { known_ = false; }
  // Reads them anew if need be. Not to be called while statements are under way.
  void learn();
  // A body that is about to be made: it counts from now on.
  void add(std::string_view body);

  [[nodiscard]] bool use_insert_id() const { return insert_id_; }
  [[nodiscard]] const std::set<std::string>& variables() const { return variables_; }
  // Some body has this name, of a table perhaps, as a word.
  [[nodiscard]] bool mention(const std::string& name) const;

 private:
  mysql::Connection& connection_;
  bool known_ = false;
  bool insert_id_ = false;
  std::set<std::string> variables_;  // in lower case
  std::set<std::string> words_;      // in lower case
};

}  // namespace dw::load
