// What happens on the mirror with a statement that takes rows away. One interface, one class for each policy.
#pragma once

#include <string>

#include "common/sql/statement.h"

namespace dw::load {

struct ArchiveOptions;

struct Ruling {
  enum class Action { run, withhold, keep_first } action = Action::run;
  std::string reason;  // for the ledger, when it is not simply run: "DELETE", "drop column" …
};

class Retention {
 public:
  virtual ~Retention() = default;
  // Judges a statement that changes rows or schema and that production committed. Pure.
  [[nodiscard]] virtual Ruling rule(const sql::Statement& statement) const = 0;
  // How the archive is to be kept; null: the policy keeps none.
  [[nodiscard]] virtual const ArchiveOptions* archive() const { return nullptr; }
  // What the archive keeps is also left in the live tables, see in_place.h.
  [[nodiscard]] virtual bool leaves_in_place() const { return false; }
};

}  // namespace dw::load
