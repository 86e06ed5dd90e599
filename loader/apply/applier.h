// Applies batches to the mirror: in the log's order, on one connection, each batch in one transaction with
// the checkpoint, so that it is there whole or not at all.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/log/batch.h"
#include "common/mysql/connection.h"
#include "common/sql/set_statement.h"
#include "loader/apply/auto_increment.h"
#include "loader/apply/bodies.h"
#include "loader/apply/bookkeeping.h"
#include "loader/apply/context.h"
#include "loader/apply/counts.h"
#include "loader/apply/insert_ids.h"
#include "loader/apply/insert_merger.h"
#include "loader/apply/journal.h"
#include "loader/apply/pipeline.h"
#include "loader/apply/routines.h"
#include "loader/apply/temporary_tables.h"
#include "loader/apply/user_variables.h"
#include "loader/plan/planner.h"
#include "loader/retention/retention.h"

namespace dw::load {

struct ApplyResult {
  Counts counts;
  std::uint64_t refused = 0;          // of those that failed: not understood
  bool advanced = false;              // the checkpoint moved
  std::size_t events_left = 0;        // behind the watermark: they come again
  std::size_t open_transactions = 0;  // that hold the watermark back
  Micros last_event = 0;              // of what was applied
};

class Applier {
 public:
  // `databases` narrows what is mirrored; empty: what the batch says.
  Applier(mysql::Connection& connection, const Retention& retention, std::set<std::string> databases);

  // Takes the checkpoint from the mirror, if it has one. Throws mysql::SqlError.
  void prepare();
  [[nodiscard]] const Checkpoint& checkpoint() const { return checkpoint_; }
  [[nodiscard]] bool knows(const Batch& batch) {
    if (!bookkeeping_.has_schema()) return false;
    return bookkeeping_.knows_batch(batch.sha256, batch.header.next.text());
  }

  // Applies what of the batch lies between the checkpoint and the watermark; events before the checkpoint
  // were applied by an earlier run and are left out. Deadlocks are tried again. After an Error nothing of the
  // transaction under way is on the mirror. Throws Error.
  ApplyResult apply(Batch& batch);

  // The connection is about to be closed: the temporary tables of sessions that are still there are copied
  // into dw_meta. What cannot be copied is lost, and the checkpoint says so. Throws mysql::SqlError.
  void keep_temporaries();

 private:
  class PassingError : public std::runtime_error {
    using std::runtime_error::runtime_error;
  };

  // A merged INSERT failed: which of its rows would have is not known.
  class MergeError {};

  ApplyResult apply_once(Batch& batch);
  void start_again();
  void abandon();
  void make_room();
  void refuse_foreign(const Batch& batch) const;
  void take_over_globals(const Batch& batch);
  [[nodiscard]] PlannerOptions planner_options(const Batch& batch) const;

  void run_plan();
  void handle(std::size_t number);
  void run(std::size_t number, bool undo);
  void run_and_undo(std::size_t number);
  [[nodiscard]] bool merge(std::size_t number, const SharedContext& context);
  void send_merged();
  void run_schema_change(std::size_t number);
  void run_opaque(std::size_t number);
  void learn_of_schema();
  void suspect(const Unit& unit, const std::string& reason);

  // Temporary tables: applier_temporaries.cpp
  [[nodiscard]] bool arrange_temporaries(std::size_t number);
  [[nodiscard]] std::string move_temporaries(const Unit& unit, bool only_look);
  std::vector<TemporaryTable*> own_temporaries(const Unit& unit, const std::vector<sql::TableName>& names);
  bool writes_own_temporaries(const Unit& unit);
  void run_on_temporaries(std::size_t number);
  void drop_own_temporaries(const Unit& unit);
  void create_temporary(std::size_t number);
  void end_temporaries(std::uint64_t thread);
  void settle_temporaries();
  void commit_before(std::size_t number);

  // LAST_INSERT_ID() and user variables: applier_values.cpp
  void plan_values();
  void lead_values(std::size_t number);
  void told_values(std::size_t number, bool failed);
  void forget_values();
  void lead_next_values(std::size_t number, std::vector<std::string>& leads);
  void end_values(const Event& event);
  void set_insert_id(std::size_t number, std::uint64_t value);
  SetsInsertId sets_insert_id(const Unit& unit);
  [[nodiscard]] SetsInsertId sets_of(std::size_t number) const;
  void send_own(std::string sql);
  bool was_done_before_crash(const Unit& unit) const;
  void set_state(std::size_t number);
  void set_names(std::size_t number);
  void learn(Settings& settings, const sql::Assignment& one, std::size_t number);
  void learn_own(Settings& settings, const sql::Assignment& one, std::size_t number);
  void learn_mode(Settings& settings, const sql::Assignment& one, std::size_t number);
  std::optional<std::string> evaluate(std::size_t number, const std::string& set, const std::string& select);
  // The client's packet that the unit shared with other statements, kNoUnit when it came alone.
  [[nodiscard]] std::size_t packet_of(std::size_t number) const;
  void suspect_packet(std::uint32_t event);
  void on_result(std::size_t number, const mysql::StatementResult& result);
  SharedContext context_for(const Unit& unit);

  void begin();
  void commit(bool complete);
  void move_checkpoint_behind(std::size_t number);
  [[nodiscard]] const Event& event_of(const Unit& unit) const { return batch_->events[unit.event]; }
  [[nodiscard]] std::string cursor_of(const Unit& unit) const {
    return batch_->cursor_before(unit.event).text();
  }

  mysql::Connection& connection_;
  const Retention& retention_;
  std::set<std::string> databases_;
  Bookkeeping bookkeeping_;
  AutoIncrements auto_increments_;
  Checkpoint checkpoint_;
  ContextSwitch context_;
  MergeTables merge_tables_;
  Routines routines_;
  TemporaryTables temporaries_;
  TemporaryCopies copies_;
  Bodies bodies_;
  InsertIds insert_ids_;
  UserVariables user_variables_;
  std::map<std::string, std::string> globals_;
  bool all_transactional_ = false;
  bool fractions_matter_ = true;  // some column's default is NOW with a fraction, or a body may use it

  // Of the batch under way.
  const Batch* batch_ = nullptr;
  Plan plan_;
  std::optional<std::string> learned_mode_;  // an sql_mode that only the mirror could evaluate
  std::unique_ptr<Pipeline> pipeline_;
  Journal journal_;
  SharedContext last_context_;
  bool merging_ = true;
  std::map<std::size_t, VariableUse> variable_uses_;  // by unit, until its result is told
  std::set<std::string> unclear_tables_;              // whose definition changes within the plan
  struct Merged {
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t rows = 0;
    std::string_view head;
    IdKind ids = IdKind::none;
    SharedContext context;
    std::string text;
  } merged_;                                        // INSERTs that wait for more of their kind
  struct MergedRows {
    std::size_t rows = 1;
    std::size_t last = 0;  // unit
  };
  std::map<std::size_t, MergedRows> merged_rows_;  // by first unit, where it is more than one
  std::deque<std::string> texts_;  // statements that were put together here, until their results are told
};

}  // namespace dw::load
