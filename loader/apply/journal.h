// What became of the statements of the transaction under way, until it is written down with its commit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/log/batch.h"
#include "loader/apply/bookkeeping.h"
#include "loader/apply/counts.h"
#include "loader/plan/planner.h"

namespace dw::load {

// The schema that a table's name means in the unit's session.
std::string schema_of(const sql::TableName& name, const Unit& unit);

class Journal {
 public:
  // Begins a batch; it must outlive the journal's use of it.
  void begin(const Batch& batch);

  void received(const Unit& unit);
  // Statements of a held transaction that was rolled back, and what stood among them and changes no row.
  void rolled_back(std::uint64_t changes, std::uint64_t ignored);
  // The unit was looked at too early: it belongs behind the next commit.
  void put_back() { --counts_.received; }
  void count(Outcome outcome) { counts_.add(outcome); }
  void withhold(const Unit& unit, const std::string& reason);
  // It ran in other words: what of its meaning was lost.
  void translated(const Unit& unit, const std::string& note);
  void refuse(const Unit& unit, const std::string& why);
  // `error` 0: dw-load's own judgement.
  void fail(const Unit& unit, unsigned error, const std::string& message);
  // The tables that the statement writes may differ from production's.
  void suspect(const Unit& unit, const std::string& reason);
  // Something that concerns no table in particular.
  void suspect_all(const std::string& reason, const std::string& cursor);

  // Inside the transaction: the batch's row, ledger, failures and suspects. `complete`: the batch's last
  // event is in it. Throws Error(failed) when a statement received has no outcome: nothing may be committed
  // then.
  void write(Bookkeeping& bookkeeping, bool complete);

  [[nodiscard]] const Counts& counts() const { return counts_; }
  // Of those that failed: not understood, and therefore never run.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  [[nodiscard]] std::string cursor_of(const Unit& unit) const { return load::cursor_of(*batch_, unit); }

  const Batch* batch_ = nullptr;
  Counts counts_;
  std::uint64_t refused_ = 0;
  std::uint64_t row_ = 0;  // of dw_meta.batches; 0: not there yet
  BatchEntry entry_;
  std::vector<LedgerEntry> ledger_;
  std::vector<FailureEntry> failures_;
  std::vector<SuspectEntry> suspects_;
};

}  // namespace dw::load
