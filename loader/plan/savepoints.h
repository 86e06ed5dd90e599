// The savepoints of one transaction, each with the place where it was set. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/sql/statement.h"

namespace dw::load {

class Savepoints {
 public:
  Savepoints() = default;
  // Those that were set before anything that has a place.
  explicit Savepoints(const std::vector<std::string>& names);

  // SAVEPOINT, RELEASE SAVEPOINT or ROLLBACK TO at `place`. A name that is used again moves to the end,
  // RELEASE and ROLLBACK TO forget the later ones, a name that is not known changes nothing (measured on both
  // servers). Gives the savepoint's place when this takes back what came behind it.
  std::optional<std::uint64_t> follow(const sql::Statement& statement, std::uint64_t place);

  // Lower case, oldest first.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::vector<std::pair<std::string, std::uint64_t>> points_;
};

// SAVEPOINT, ROLLBACK TO, RELEASE SAVEPOINT.
bool is_savepoint(const sql::Statement& statement);

}  // namespace dw::load
