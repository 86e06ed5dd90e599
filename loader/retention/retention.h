// What happens on the mirror with a statement that takes rows away. One interface, one class for each policy.
#pragma once

#include <memory>
#include <string>

#include "common/sql/statement.h"

namespace dw::load {

struct Ruling {
  enum class Action { run, withhold } action = Action::run;
  std::string reason;  // for the ledger, when it is not simply run: "DELETE", "DROP COLUMN" …
};

class Retention {
 public:
  virtual ~Retention() = default;
  // Judges a statement that changes rows or schema and that production committed. Pure.
  [[nodiscard]] virtual Ruling rule(const sql::Statement& statement) const = 0;
};

// `name` as in the config. Throws Error(usage) for a policy that this version does not have.
std::unique_ptr<Retention> make_retention(const std::string& name);

}  // namespace dw::load
