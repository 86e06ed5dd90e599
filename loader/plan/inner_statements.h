// Which rows of the log are not a client's: statements that triggers, functions and (where that is logged)
// procedures ran, and those of scheduled events. Pure.
//
// The log shows them as rows of the same thread right behind the statement that ran them (facts.md, "What a
// row is"; measured on MariaDB 10.11 and MySQL 9.7). So what follows a statement is compared with the bodies
// that it can reach, until a row does not match:
// - a row with NEW.x, OLD.x or NAME_CONST that matches is inner for certain;
// - plain text may be the client's own. It is inner as often as it must run: once for each row of the
// statement that
//   runs before it in the same body, or for each row of the INSERT … VALUES that fires its trigger. More are
//   the client's. Where nothing tells how often (control flow, the triggers of an UPDATE, functions), it is
//   inner, and in doubt if no row that is certain follows in the same run;
// - a row with NEW.x or OLD.x that matches no body is never run, nor is one with NAME_CONST, but for two:
// rows of a
//   scheduled event, and of a function whose statement the log does not show (a SELECT from a view that calls
//   it: the extractor leaves reads out). These run as they stand, NAME_CONST being plain SQL.
//
// A scheduled event's thread has no Connect row, and its user_host names the definer's host twice (`u[u] @ h
// [h]`). Its statements are logged one by one and run in the event's schema.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/log/event.h"
#include "loader/plan/inner_run.h"
#include "loader/plan/program_closure.h"
#include "loader/plan/session_table.h"
#include "loader/plan/stored_programs.h"

namespace dw::load {

enum class InnerVerdict : std::uint8_t {
  none,      // a statement of the session's own
  certain,   // inner
  doubtful,  // inner, unless it is the client's own
};

class InnerStatements {
 public:
  // `programs`: as of the batch's first event; null: none.
  explicit InnerStatements(std::shared_ptr<const StoredPrograms> programs);

  // The next row of the session. Counts it in the session's run, or ends that.
  InnerVerdict judge(const Event& event, Session& session);

  // Of a row that is not inner. What it tells of an event or a function goes to `note`. False: it is from a
  // body that is not known, and must not run.
  bool may_run(const Event& event, Session& session, ProgramNote& note);

  // The session sent this statement, in the database that it has now; several in one row add up.
  void begin(const sql::Statement& statement, Session& session);

  // As they are behind what was told.
  [[nodiscard]] const StoredPrograms& programs() const { return *programs_; }

 private:
  [[nodiscard]] const Closure& closure_of(const SharedRoots& roots, bool calls_logged);
  [[nodiscard]] InnerVerdict judge_marked(const Event& event, const Session& session, const Closure& closure,
                                          const std::vector<std::size_t>& matching,
                                          std::vector<std::uint32_t>& taken) const;
  [[nodiscard]] InnerVerdict judge_plain(const Closure& closure, const std::vector<std::size_t>& matching,
                                         InnerRun& run) const;
  [[nodiscard]] std::optional<std::string> schema_of_match(const Event& event, ProgramKind kind) const;

  std::shared_ptr<const StoredPrograms> programs_;
  // By what the statement runs itself; with what procedures run, and without.
  std::array<std::map<std::vector<InnerRoot>, std::shared_ptr<const Closure>>, 2> closures_;
};

}  // namespace dw::load
