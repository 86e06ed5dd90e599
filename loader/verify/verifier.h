// Compares the mirror with production and mends it: loader/verify/verify.md says how.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/util/clock.h"
#include "loader/config.h"
#include "loader/puller.h"
#include "loader/verify/chunk_store.h"
#include "loader/verify/comparison.h"
#include "loader/verify/definition_store.h"
#include "loader/verify/doubts.h"
#include "loader/verify/mirror_tables.h"
#include "loader/verify/open_suspects.h"
#include "loader/verify/repairer.h"
#include "loader/verify/replaced_unseen.h"
#include "loader/verify/table_shape.h"

namespace dw::load {

struct VerifyResult {
  std::uint64_t rows = 0;   // compared
  std::uint64_t found = 0;  // that differed
  std::uint64_t repaired = 0;
  std::uint64_t unsettled = 0;              // they changed whenever they were looked at
  std::map<TableId, std::string> drifting;  // tables that differ still, and how
  bool complete = true;                     // all that was to be looked at was
  bool gap_open = false;  // there was a gap in the log, and not everything was found or made equal since
};

inline constexpr const char* kOtherColumns = "other columns than production's";

struct VerifyScope {
  bool repair = true;
  bool whole = false;          // every piece, not only those that are due, and the tables' definitions
  bool repair_schema = false;  // add and change columns and keys as production has them
  std::set<TableId> only;      // these tables; empty: all
  double seconds = 0;          // begin nothing new behind so long, but what suspects name; 0: no limit
  Micros round = 0;            // every piece is due so long after its last look
  // Told after each pass, with the number of pieces that are left.
  std::function<void(const VerifyResult&, std::size_t)> watch;
};

class Verifier {
 public:
  // All are used, not owned.
  Verifier(const Config& config, Applier& applier, Puller& puller, const SourceClient& source)
      : config_(config),
        applier_(applier),
        puller_(puller),
        source_(source),
        tables_(config.mirror),
        chunks_(tables_.connection()),
        definitions_(tables_.connection()) {}

  // The mirror must have been pulled up to production's present. Throws Error, mysql::SqlError.
  VerifyResult run(const VerifyScope& scope, const std::function<bool()>& stopped);

 private:
  struct Task {
    RowsAsked asked;
    std::optional<Chunk> chunk;
    std::vector<std::uint64_t> suspects;  // cleared when the rows of all their tasks are equal
    bool owed = false;                    // for rows that statements named: whatever time it takes
    std::uint64_t weight = 0;             // about how many rows
    int looks = 0;                        // at rows
    int readings = 0;                     // that gave nothing to settle
    bool cut_anew = false;                // its piece was made in this run
    ChunkLook look;
    std::optional<rows::RowChecksum> mirror;  // of the mirror's rows, in this pass
  };
  struct Judged {
    Task* task = nullptr;
    const rows::Table* table = nullptr;
    std::vector<rows::Column> columns;
    std::vector<Difference> certain;
    std::vector<Difference> doubtful;
    std::string schema_drift;
    std::optional<RowsAsked> rest;  // of what the task asked for: not answered
  };
  // A reading that production is at.
  struct Ahead {
    std::vector<Task> tasks;
    std::future<std::string> body;  // waits for it when it goes
  };
  struct Pass {
    std::vector<Task> tasks;
    Reading reading;
    ReplayedToMark replayed;
    Doubts doubts;
    std::map<TableId, std::int64_t> new_ids_from;
  };

  struct Definition {
    DefinitionLook look;
    std::vector<ShapeChange> changes;
  };
  using Definitions = std::map<TableId, Definition>;
  enum class Reach : bool { doubted, all };
  void look_at_definitions();
  void compare_definitions(Reach reach, const std::set<TableId>& doubted);
  [[nodiscard]] std::set<TableId> definitions_in_doubt(const std::map<TableId, DefinitionLook>& known);
  [[nodiscard]] Definitions differing_definitions(const rows::Catalog& catalog,
                                                  const std::set<TableId>& wanted,
                                                  const std::set<TableId>& doubted);
  [[nodiscard]] std::vector<ShapeChange> definition_changes(const rows::Table& wanted, const Dialect& dialect,
                                                            const SourceInfo& source);
  [[nodiscard]] std::string mirror_digest(const TableId& table);
  [[nodiscard]] std::vector<ShapeChange> take_mending(const TableId& id, std::vector<ShapeChange>& changes);
  void mend_definition(const TableId& id, Definition& found);
  void explain_columns();
  void look_for_missing(const rows::Catalog& catalog);
  void plan_tables();
  void plan_suspects();
  std::optional<std::uint64_t> span_of(const OpenSuspect& suspect, const rows::Table& table);
  // A range of more ids than are to be gone through.
  bool is_wide(const OpenSuspect& suspect, const rows::Table& table);
  void plan_ids(Task whole, const OpenSuspect& suspect, const rows::Table& table);
  void add_owed(Task task);
  void plan_chunks();
  [[nodiscard]] bool is_wanted(const TableId& table) const;
  [[nodiscard]] bool same_servers() const;  // production's and the mirror: both MariaDB, or neither
  [[nodiscard]] bool is_walkable(const rows::Table& table) const;
  [[nodiscard]] Task task_of(const Chunk& chunk, Want want);
  [[nodiscard]] std::uint64_t weight_of_digest(const TableId& id);

  [[nodiscard]] bool over_time() const;
  [[nodiscard]] Ahead read_ahead();
  // `go_on`: whether another pass is to be begun.
  void run_pass(const std::function<bool()>& go_on);
  [[nodiscard]] std::vector<Task> next_tasks();
  void find_pass_doubts(Pass& pass);
  [[nodiscard]] std::optional<Judged> judge(Pass& pass, std::size_t number);
  void sum_up_mirror(Pass& pass);
  // By digests.
  [[nodiscard]] bool is_equal(const Task& task, const Answer& answer, const rows::Table& table,
                              const std::string& condition);
  [[nodiscard]] bool in_doubt(const Pass& pass, const Judged& judged, const Answer& answer,
                              const Difference& one);
  void settle(Pass& pass, std::vector<Judged>& judged);
  [[nodiscard]] RepairPlace begin_repair(const Pass& pass);
  void leave_out_mended(Judged& judged);
  std::uint64_t repair(const Judged& judged, const RepairPlace& place);
  void settle_one(Judged& judged, const RepairPlace& place);
  [[nodiscard]] std::optional<Judged> judge_rows(Pass& pass, Answer& answer, Judged judged,
                                                 const RowsAsked& asked, const std::string& condition);
  [[nodiscard]] bool cut_anew(const Task& task);
  void look_again(Task& task, Want want);
  void look_in_two(Task& task, const RowsAsked& asked, const std::string& through);
  void look_at_rest(Judged& judged);
  [[nodiscard]] bool is_bounded(const Task& task);
  void look_later(Task task);
  std::deque<Task>::iterator behind_owed();
  void look_at_keys(const Judged& judged, const std::vector<std::string>& keys);
  void suspect_new_ids(const Pass& pass, const RepairPlace& place);
  void leave_unsettled(const Judged& judged);
  void make_missing(const TableId& table);
  [[nodiscard]] bool may_go(const TableId& table);
  void drop_extra(const Pass& pass, const TableId& table);
  void settle_counters(const Pass& pass);
  void suspect_open_counters();
  void clear_parts(const Task& task);
  [[nodiscard]] bool is_settled(const OpenSuspect& suspect) const;
  void clear_wide_suspects();

  const Config& config_;
  Applier& applier_;
  Puller& puller_;
  const SourceClient& source_;
  MirrorTables tables_;
  ChunkStore chunks_;
  DefinitionStore definitions_;
  std::map<TableId, Micros> settled_definitions_;  // in doubt, and found equal in this run: when
  VerifyScope scope_;
  VerifyResult result_;
  double started_ = 0;
  std::uint64_t rows_at_once_ = 0;  // of one reading
  std::deque<Task> tasks_;
  std::optional<Ahead> ahead_;
  std::set<TableId> missing_;  // on the mirror
  std::set<TableId> extra_;    // production has not
  std::set<TableId> made_;     // in this run
  std::set<TableId> cut_;      // into new pieces, in this run
  std::set<TableId> suspected_;
  std::map<std::uint64_t, std::size_t> parts_;  // of suspects: tasks that are to be settled
  std::set<TableId> open_counters_;             // of suspected tables: could not be compared
  std::set<std::pair<TableId, std::string>>
      mended_;               // keys, in the pass under way: several tasks may name a row
  ReplacedUnseen replaced_;  // as of that pass
};

}  // namespace dw::load
