// What became of the statements of the transaction under way, until it is written down with its commit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/log/batch.h"
#include "loader/apply/before_commit.h"
#include "loader/apply/bookkeeping.h"
#include "loader/apply/counts.h"
#include "loader/apply/suspects.h"
#include "loader/apply/table_keys.h"
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
  // It was counted as applied, and the archive kept rows for it.
  void retained(LedgerEntry entry);
  [[nodiscard]] LedgerEntry entry_of(const Unit& unit, std::string action, std::string reason) const;
  // It ran in other words: what of its meaning was lost.
  void translated(const Unit& unit, const std::string& note);
  void refuse(const Unit& unit, const std::string& why);
  // `error` 0: dw-load's own judgement.
  void fail(const Unit& unit, unsigned error, const std::string& message);

  // What the statement writes may differ from production's: the rows whose keys it names or was given, else
  // its tables. `unit` must live until write(), where the keys are found out.
  void suspect(const Unit& unit, const std::string& reason);
  // The same of a statement that did not run here, or may have met other rows: see unseen_replace.h.
  void suspect_unseen(const Unit& unit, const std::string& reason);
  // Some body may replace rows, or delete them.
  void calls_may_take_rows(bool may) { calls_may_take_rows_ = may; }
  // The ids that the statement takes may differ, nothing else of it: other sessions may have taken some of
  // them before it, or, `suspect_order`, its rows may have come in another order.
  void suspect_ids(const Unit& unit, const std::string& reason);
  void suspect_order(const Unit& unit, const std::string& reason);
  // It was taken back: nothing of it is left but the counters that its ids came from.
  void suspect_counters(const Unit& unit, const std::string& reason);
  // The tables that it writes as a whole: later statements' rows too.
  void suspect_tables(const Unit& unit, const std::string& reason);
  // A table that it does not write itself.
  void suspect_table(const Unit& unit, const std::string& schema, const std::string& table,
                     const std::string& reason);
  // A statement of an earlier batch, whose end was not known then.
  void suspect(const InFlight& statement, const TableFacts& facts, const std::string& reason);
  // Something that concerns no table in particular.
  void suspect_all(const std::string& reason, const std::string& cursor);
  // What the mirror gave the statement's rows: ids from `first` on, `step` apart, for `rows` of them. A
  // failed statement took ids too, but the server does not tell which.
  void gave_ids(const Unit& unit, std::int64_t first, std::uint64_t rows, std::int64_t step);
  void lost_ids(const Unit& unit) { lost_ids_.insert(&unit); }
  [[nodiscard]] std::optional<IdRange> ids_of(const Unit& unit) const;

  // Inside the transaction: the batch's row, ledger, failures and suspects. `complete`: the batch's last
  // event is in it. Throws Error(failed) when a statement received has no outcome: nothing may be committed
  // then.
  void write(Bookkeeping& bookkeeping, TableKeys& tables, bool complete);

  [[nodiscard]] const Counts& counts() const { return counts_; }
  // What write() is going to write.
  [[nodiscard]] PendingCommit pending(bool ends_batch) const {
    return {entry_, counts_, ledger_, failures_, ends_batch};
  }
  // Of those that failed: not understood, and therefore never run.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  [[nodiscard]] std::string cursor_of(const Unit& unit) const { return load::cursor_of(*batch_, unit); }

  [[nodiscard]] std::string unseen(const Unit& unit, const std::string& reason) const;

  enum class About : std::uint8_t { rows, failure, ids, order, counters, tables };
  struct Note {
    const Unit* unit;
    About about;
    std::string reason;
  };
  void narrow(const Note& note, TableKeys& tables);
  void narrow_ids(const Note& note, const TableFacts& facts);
  void narrow_counters(const Note& note, TableKeys& tables);
  [[nodiscard]] LogPlace place_of(const Unit& unit) const;

  const Batch* batch_ = nullptr;
  Counts counts_;
  std::uint64_t refused_ = 0;
  std::uint64_t row_ = 0;  // of dw_meta.batches; 0: not there yet
  BatchEntry entry_;
  std::vector<LedgerEntry> ledger_;
  std::vector<FailureEntry> failures_;
  std::vector<Note> notes_;
  std::unordered_map<const Unit*, IdRange> ids_;
  std::unordered_set<const Unit*> lost_ids_;
  bool calls_may_take_rows_ = false;
  Suspects suspects_;
};

}  // namespace dw::load
