// Tables in which rows may have been replaced by a statement that the mirror did not run, or not in
// production's order: see loader/apply/unseen_replace.h.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/mysql/connection.h"
#include "common/util/clock.h"
#include "loader/retention/archive/shape.h"

namespace dw::load {

struct UnseenStatement {
  std::string cursor;
  Micros time = 0;
};

class ReplacedUnseen {
 public:
  ReplacedUnseen() = default;
  // Those of open suspects. Throws mysql::SqlError.
  explicit ReplacedUnseen(mysql::Connection& mirror);

  // The last one that is known of the table; null: none. Valid as long as this.
  [[nodiscard]] const UnseenStatement* in(const TableId& table) const;

 private:
  std::map<TableId, UnseenStatement> statements_;  // without a table: of the whole schema
};

// The statement's row in dw_meta.ledger, from what dw_meta.failures has of it: so many more rows were kept.
// One that ran has a row of its own already. Throws mysql::SqlError.
void note_replaced(mysql::Connection& mirror, const UnseenStatement& statement, std::uint64_t rows);

}  // namespace dw::load
