// Tells the archive's triggers which statement runs, and how many rows they kept for each.
//
// What can remove rows gets a SET in front, in the same packet; the triggers add to @dw_kept. The count of
// one statement is put aside by the SET in front of the next, so that nothing has to be asked in between.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/apply/bookkeeping.h"

namespace dw::load {

class KeptRows {
 public:
  struct Kept {
    LedgerEntry entry;  // with rows_kept
    std::size_t unit = 0;
  };

  // The statement to be sent in front of the unit. `undone`: it will be rolled back, and no count is wanted.
  std::string lead(std::size_t unit, const LedgerEntry& entry, bool undone);
  // It failed: what it kept was rolled back with it.
  void failed(std::size_t unit);
  // With no statement under way: those that kept rows, since the last call.
  std::vector<Kept> take(mysql::Connection& connection);
  // The transaction was rolled back.
  void forget();

 private:
  struct Slot {
    Kept kept;
    bool failed = false;
  };
  std::vector<Slot> slots_;
  std::map<std::size_t, std::size_t> slot_of_;  // by unit
  std::optional<std::size_t> counting_;         // the slot whose count @dw_kept has
};

// SET of the triggers' variables for what runs next.
std::string keeping_variables(const LedgerEntry& entry);

}  // namespace dw::load
