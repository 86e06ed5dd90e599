// Applies batches to the mirror: in the log's order, on one connection, each batch in one transaction with
// the checkpoint, so that it is there whole or not at all.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/log/batch.h"
#include "common/mysql/connection.h"
#include "common/sql/set_statement.h"
#include "common/util/error.h"
#include "loader/apply/archiver.h"
#include "loader/apply/auto_increment.h"
#include "loader/apply/bodies.h"
#include "loader/apply/bookkeeping.h"
#include "loader/apply/context.h"
#include "loader/apply/counts.h"
#include "loader/apply/foreign_keys.h"
#include "loader/apply/held_store.h"
#include "loader/apply/insert_ids.h"
#include "loader/apply/insert_merger.h"
#include "loader/apply/journal.h"
#include "loader/apply/kept_rows.h"
#include "loader/apply/pipeline.h"
#include "loader/apply/replace_ids.h"
#include "loader/apply/routines.h"
#include "loader/apply/table_guard.h"
#include "loader/apply/table_keys.h"
#include "loader/apply/temporary_tables.h"
#include "loader/apply/user_variables.h"
#include "loader/baseline/copy_state.h"
#include "loader/dialect/dialect.h"
#include "loader/foreign_source.h"
#include "loader/plan/completeness.h"
#include "loader/plan/concurrency.h"
#include "loader/plan/planner.h"
#include "loader/retention/retention.h"

namespace dw::load {

struct ApplyResult {
  Counts counts;
  std::uint64_t refused = 0;          // of those that failed: not understood
  bool advanced = false;              // the checkpoint moved
  std::size_t events_left = 0;        // behind the watermark: they come again
  std::size_t open_transactions = 0;  // that hold the watermark back
  HeldSummary held;                   // set aside
  Micros last_event = 0;              // of what was applied
  std::optional<Uncounted> missing;   // from the log, by the server's counters
};

// Of the procedure that a CALL names.
std::string routine_schema(const Unit& unit);

class Applier {
 public:
  // `databases` narrows what is mirrored; empty: what the batch says. `hold`: when to set a transaction
  // aside.
  Applier(mysql::Connection& connection, const Retention& retention, std::set<std::string> databases,
          const HoldRule& hold);

  // Takes the checkpoint from the mirror, if it has one. Throws mysql::SqlError.
  void prepare();
  [[nodiscard]] const Checkpoint& checkpoint() const { return checkpoint_; }
  [[nodiscard]] bool knows(const Batch& batch) {
    if (!bookkeeping_.has_schema()) return false;
    return bookkeeping_.knows_batch(batch.sha256, batch.header.next.text());
  }

  // Who is told of what is about to be committed.
  void tell_before_commit(BeforeCommit tell) { before_commit_ = std::move(tell); }

  // What is open in dw_meta.suspects. Throws mysql::SqlError.
  SuspectCounts open_suspects() {
    return bookkeeping_.has_schema() ? bookkeeping_.open_suspects() : SuspectCounts{};
  }

  // Applies what of the batch lies between the checkpoint and the watermark; events before the checkpoint
  // were applied by an earlier run and are left out. Deadlocks are tried again. After an Error nothing of the
  // transaction under way is on the mirror. `largest`: a larger batch cannot be had. Throws Error.
  ApplyResult apply(Batch& batch, bool largest = false);

  // Another source is followed from here on, from a place in its log: what the former one had under way is
  // rolled back, and every table is suspect. Throws Error, mysql::SqlError.
  void accept_source(const BatchHeader& header, const Cursor& start);

  // What `apply` would plan with; changes nothing.
  [[nodiscard]] PlannerOptions planner_options(const Batch& batch);

  // Behind a change of the mirror's schema that is none of production's log. Not inside a transaction. Throws
  // Error, mysql::SqlError.
  void follow_schema();
  // The replay has not yet passed the place of the first copy.
  [[nodiscard]] bool behind_copy() const { return copied_.has_value(); }
  // Nothing more is to be applied: rows that stay though production removed them are put back into their
  // tables (policy in-place). Throws mysql::SqlError, and then they are in dw_meta until the next run's end.
  void put_kept_in();

  // The connection is about to be closed: the temporary tables of sessions that are still there are copied
  // into dw_meta. What cannot be copied is lost, and the checkpoint says so. Throws mysql::SqlError.
  void keep_temporaries();

 private:
  class PassingError : public std::runtime_error {
    using std::runtime_error::runtime_error;
  };

  // A merged INSERT failed: which of its rows would have is not known. Or one whose LAST_INSERT_ID() was to
  // hide that of those before it.
  class MergeError {};

  // What a CALL did to its session's transaction is not what the plan took it for. The checkpoint is behind
  // it.
  class PlanAnew {};

  ApplyResult apply_once(Batch& batch);
  void start_again();
  void abandon();
  void create_schema();
  void make_room();
  void refuse_foreign(const Batch& batch) const;
  void take_over_globals(const Batch& batch);

  void run_plan();
  void handle(std::size_t number);
  void run(std::size_t number, bool undo);
  void run_and_undo(std::size_t number);
  [[nodiscard]] std::set<std::string> absent_schemas(const Batch& batch, const PlannerOptions& options);
  [[nodiscard]] std::optional<std::string> translate(std::size_t number, const sql::Statement& statement,
                                                     bool undo);
  [[nodiscard]] bool merge(std::size_t number, const SharedContext& context);
  void send_merged();
  void run_schema_change(std::size_t number);
  // applier_calls.cpp
  void run_opaque(std::size_t number);
  bool run_call(std::size_t number);
  bool transaction_is_open();
  [[nodiscard]] std::optional<Fate> end_ahead(std::size_t number) const;

  // applier_archive.cpp. What is to be kept before DDL runs, and followed behind it.
  struct Keepsake {
    std::vector<TableId> names;   // that the statement writes
    std::vector<TableId> tables;  // whose rows it takes
    std::vector<std::string> partitions;
    std::string reason;
    bool renames = false;
    bool follow = false;
    std::optional<std::uint64_t> rows;  // kept
  };
  void take_kept_out(const Batch& batch);
  void settle_counters();
  void begin_archive();
  void note_changes(const Unit& unit, bool makes_views, SeenChanges& seen) const;
  void put_temporaries_aside();
  [[nodiscard]] bool may_remove_rows(const Unit& unit) const;
  void lead_archive(std::size_t number, bool undone);
  void settle_kept();
  [[nodiscard]] Keepsake keepsake_of(const Unit& unit);
  void keep_first(const Unit& unit, Keepsake& keepsake);
  void before_schema_change(const Keepsake& keepsake);
  void follow_schema_change(const Unit& unit, const Keepsake& keepsake, bool done);
  // What a procedure may take by DDL: copied before it is called, void behind it where nothing left.
  std::vector<Keepsake> keep_before_call(const Unit& unit);
  bool follow_call(const Unit& unit, std::vector<Keepsake>& keepsakes);
  void note_kept(const Unit& unit, const std::vector<Keepsake>& keepsakes);
  // What a CALL reaches: what its procedures take by statements that are known, and their texts.
  struct CallReach {
    std::vector<Keepsake> keepsakes;
    std::set<TableId> changed;  // by DDL that is known
    std::string bodies;
    std::set<std::string> words;  // of literals: of them other statements may be put together
    bool may_take = false;        // one of those may take tables
  };
  void find_ddl(const ProgramKey& key, int depth, CallReach& out) const;
  [[nodiscard]] std::optional<Keepsake> keepsake_inside(const sql::Statement& statement,
                                                        const std::string& schema) const;
  void find_dynamic(const std::string& schema, CallReach& out) const;
  [[nodiscard]] std::vector<TableId> all_tables() const;

  void learn_of_schema();

  // applier_held.cpp
  void hold(std::size_t number);
  void write_held();
  void carry_out(const HeldStep& step, std::size_t before);
  void roll_back_held(const HeldStep& step);
  void run_held(const HeldStep& step, std::size_t before);
  void run_held_pieces(const HeldStep& step, std::size_t before);
  void run_held_piece(std::vector<HeldStatement>&& piece, const HeldStep& step, std::size_t before);
  void handle_held(std::size_t number, std::string_view suspicion);
  bool is_refused_by_locks(const Unit& unit);
  void handle_waiting(std::size_t number, const HeldStep& step);  // applier_waits.cpp
  void run_with_id(std::size_t number);
  void take_ids(std::size_t number);
  [[nodiscard]] bool generates_id(const Unit& unit);
  void suspect_once(const Unit& unit, std::string_view reason);

  // applier_keys.cpp
  [[nodiscard]] bool checks_keys_alike(const Unit& unit) const;
  [[nodiscard]] bool depends_on_keys(const Unit& unit);
  void arrange_keys(std::size_t number);
  void leave_engine_keys();
  void change_connection();

  // applier_replace.cpp
  [[nodiscard]] RowIds ids_to_watch(const Unit& unit);
  [[nodiscard]] bool is_changed_in_place(const TableId& table);
  void run_replace(std::size_t number, const RowIds& ids);

  // applier_undo.cpp
  bool keeps_undo(const Unit& unit);
  void begin_undo(std::size_t number);
  void end_undo();
  void run_again(std::optional<std::size_t> last);
  [[nodiscard]] bool takes_ids_alike(std::size_t number);
  void remember_result();
  void put_back_result();
  void take_lost_ids(std::size_t number, const std::string& message);
  bool passes_alone(const FirstRow& first);
  unsigned runs(std::string_view sql);

  void suspect(const Unit& unit, const std::string& reason);
  void observe(const Unit& unit);
  void suspect_inner_of(std::size_t number, const std::string& reason);

  // Temporary tables: applier_temporaries.cpp
  [[nodiscard]] bool arrange_temporaries(std::size_t number);
  [[nodiscard]] bool refused_inside_xa(const Unit& unit);
  [[nodiscard]] bool fails_for_lost_temporaries(const Unit& unit);
  void restore_temporary(std::uint64_t thread, TemporaryTable& own);
  [[nodiscard]] std::string move_temporaries(const Unit& unit, bool only_look);
  std::vector<TemporaryTable*> own_temporaries(const Unit& unit, const std::vector<sql::TableName>& names);
  bool writes_own_temporaries(const Unit& unit);
  void run_on_temporaries(std::size_t number);
  void drop_own_temporaries(const Unit& unit);
  std::uint64_t failures_so_far();
  void create_temporary(std::size_t number);
  void end_temporaries(std::uint64_t thread);
  void settle_temporaries();
  void commit_before(std::size_t number);

  // LAST_INSERT_ID() and user variables: applier_values.cpp
  void plan_values();
  void lead_values(std::size_t number);
  bool told_last_insert_id(std::size_t number);
  void doubt_counters(const Unit& unit);
  void told_values(std::size_t number, bool failed);
  void forget_values();
  void lead_next_values(std::size_t number, std::vector<std::string>& leads);
  void take_back_next_id();
  void clear_next_id();
  void forget_next_id();
  void end_values(const Event& event);
  void set_insert_id(std::size_t number, std::uint64_t value);
  SetsInsertId sets_insert_id(const Unit& unit);
  [[nodiscard]] SetsInsertId sets_of(std::size_t number) const;
  [[nodiscard]] bool hides_earlier_ids(std::size_t number) const;
  void send_own(std::string sql);
  bool was_done_before_crash(const Unit& unit) const;
  void find_doubts(const Batch& batch);
  void keep_in_flight(bool complete);
  void keep_in_flight_behind(std::size_t number);
  [[nodiscard]] InFlight with_ids(const InFlight& one) const;
  const TableFacts& facts_of(const std::string& schema, const std::string& table);
  void note_doubts(std::size_t number, bool undo, bool names_known);
  void note_defaults(std::size_t number);
  // applier_dialect.cpp
  [[nodiscard]] bool has_two_kinds() const { return dialect_.source().mariadb != dialect_.mirror().mariadb; }
  void note_next_id(std::size_t number);
  void told_next_id(const Unit& unit, bool failed);
  void note_dialect_doubts(std::size_t number);
  void note_replaced_parents(const Unit& unit);
  void note_refused_parent(const Unit& unit, unsigned error);
  void note_ignored_parents(const Unit& unit);
  void note_ids(std::size_t number, const mysql::StatementResult& result, std::uint64_t before,
                std::uint64_t rows);
  void note_results(std::size_t number, const mysql::StatementResult& result);
  void note_hidden(std::size_t number, const sql::Assignment& one);
  [[nodiscard]] bool lacks_values(const Unit& unit);
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
  // A unit of the plan, or behind them one of the held statements under way.
  [[nodiscard]] const Unit& unit_at(std::size_t number) const {
    return number < plan_.units.size() ? plan_.units[number] : held_units_[number - plan_.units.size()];
  }
  [[nodiscard]] const Event& event_of(const Unit& unit) const { return load::event_of(*batch_, unit); }
  [[nodiscard]] std::string cursor_of(const Unit& unit) const { return load::cursor_of(*batch_, unit); }
  // Which statement of the event at its cursor.
  [[nodiscard]] static std::uint32_t ordinal_of(const Unit& unit) {
    return unit.held ? unit.held->ordinal : unit.ordinal;
  }
  // Its session is as it was when the statement was sent.
  [[nodiscard]] static bool is_of_session(const Unit& unit) { return !unit.held || is_wait(unit.held->key); }
  // The session's, when the statement was sent.
  [[nodiscard]] SharedSettings settings_of(const Unit& unit);
  [[nodiscard]] const std::string& sql_mode_of(const Unit& unit);
  [[nodiscard]] bool in_transaction(const Unit& unit);
  void load_copied();
  void suspect_counters(const std::vector<std::size_t>& numbers);
  void pass_markers();

  mysql::Connection& connection_;
  const Retention& retention_;
  std::set<std::string> databases_;
  Bookkeeping bookkeeping_;
  AutoIncrements auto_increments_;
  Checkpoint checkpoint_;
  std::optional<CopyState> copied_;  // by a first copy whose place the replay has not passed yet
  ContextSwitch context_;
  Dialect dialect_;
  MergeTables merge_tables_;
  TableKeys table_keys_;
  Routines routines_;
  TemporaryTables temporaries_;
  HeldStore held_;
  HoldRule hold_;
  TemporaryCopies copies_;
  Bodies bodies_;
  std::optional<Archiver> archiver_;  // where the policy keeps an archive
  std::optional<TableGuard> guard_;   // while a procedure runs whose statements are not known
  KeptRows kept_rows_;
  InsertIds insert_ids_;
  std::optional<std::uint64_t> next_id_owner_;  // the session whose SET insert_id the connection has
  UserVariables user_variables_;
  std::shared_ptr<const StoredPrograms> programs_;  // the mirror's; null: to be read again
  std::map<std::string, std::string> globals_;
  bool all_transactional_ = false;
  std::map<QualifiedName, std::set<QualifiedName>>
      behind_;  // see tables_behind; of parents that were asked for
  // See foreign_keys.h.
  bool source_keys_by_engine_ = true;
  bool keys_before_ids_ = false;  // the connection's
  bool two_ways_ = false;         // the mirror knows both
  bool on_engine_keys_ = false;
  std::optional<mysql::Connection> other_;  // of the two connections, the one that is not in use
  bool fractions_matter_ = true;  // some column's default is NOW with a fraction, or a body may use it

  // Of the batch's parts that were planned and applied before the present one.
  Counts counts_before_;
  std::uint64_t refused_before_ = 0;
  BeforeCommit before_commit_;

  // Of the batch under way.
  const Batch* batch_ = nullptr;
  bool batch_ends_ = false;  // with the commit that comes next
  PlannerOptions options_;
  Plan plan_;
  Concurrency concurrency_;
  std::vector<bool> wanted_ids_;             // by unit: the ids that it gets are to be noted
  std::optional<std::string> learned_mode_;  // an sql_mode that only the mirror could evaluate
  std::unique_ptr<Pipeline> pipeline_;
  Journal journal_;
  SharedContext last_context_;
  bool zone_changed_ = false;  // that new sessions have, since the last batch
  bool merging_ = true;
  std::map<std::size_t, VariableUse> variable_uses_;  // by unit, until its result is told
  std::set<QualifiedName> doubtful_counters_;
  std::set<std::string> unclear_tables_;  // whose definition changes within the plan
  struct Merged {
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t rows = 0;
    std::vector<std::size_t> units;  // one for each row
    std::string_view head;
    IdKind ids = IdKind::none;
    SharedContext context;
    std::string text;
  } merged_;                      // INSERTs that wait for more of their kind
  std::vector<Unit> held_units_;  // of the piece of a held transaction under way
  std::size_t held_before_ = 0;   // the unit that these run at
  SavepointScript held_savepoints_;
  std::set<std::pair<std::string, std::string>> held_suspects_;  // tables that were told already
  std::optional<std::size_t> undoing_;                           // the last unit in the open savepoint
  std::map<std::size_t, std::uint64_t> undone_ids_;              // by unit: the first id it was given
  std::map<std::size_t, HeldStatement*> taking_ids_;             // by unit; not written yet
  struct MergedRows {
    std::vector<std::size_t> units;  // one for each row
    std::size_t last = 0;            // unit
  };
  std::map<std::size_t, MergedRows> merged_rows_;  // by first unit, where it is more than one
  std::deque<std::string> texts_;  // statements that were put together here, until their results are told
};

}  // namespace dw::load
