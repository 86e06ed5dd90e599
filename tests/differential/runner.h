// Runs scripts on a production server, through dw-extract and dw-load onto a mirror, and compares the two.
//
// One pair of servers serves any number of scripts: before each, the schemas, the log and the mirror's
// bookkeeping are emptied. Where a second is about to turn, a step of a serial script waits for it: what
// production took for "now" is then what the log says.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "tests/differential/client_session.h"
#include "tests/differential/comparison.h"
#include "tests/differential/coverage.h"
#include "tests/differential/script.h"
#include "tests/support/mirror_pair.h"

namespace dw::test {

struct Verdict {
  std::vector<TableDifference> differences;
  std::vector<TableCoverage> coverage;  // of a parallel script
  std::string stopped;                  // dw-load's error, where it ended badly
  bool lock_conflict = false;  // production refused a statement for another session's locks: no log tells
  bool silent = false;         // the last sync compared with production, and named nothing
  bool by_nature = false;      // the script has values that no log tells, such as UUID()
  std::string failures;        // dw_meta.failures, shortened
  std::string suspects;
  std::vector<std::string> lost;  // rows that production's binary log shows and the mirror has not kept
  unsigned statements = 0;
  unsigned failed_statements = 0;  // on production

  [[nodiscard]] bool equal() const { return differences.empty() && stopped.empty(); }
  [[nodiscard]] bool noted() const;       // every difference is among the suspects
  [[nodiscard]] bool by_dialect() const;  // of each the suspects say that the servers themselves differ
  // Differs although nothing excuses it.
  [[nodiscard]] bool wrong() const {
    if (equal()) return !lost.empty();
    if (silent) return true;
    return !(stopped.empty() && noted() && (lock_conflict || by_nature || by_dialect()));
  }
  [[nodiscard]] std::string category() const;  // to tell one failure from another while shrinking
};

class Runner {
 public:
  // With a retention policy that keeps something the rows that left are judged too, by production's binary
  // log.
  explicit Runner(const PairOptions& pair);
  Verdict run(const workload::Script& script);
  MirrorPair& pair() { return pair_; }
  // From here on the mirror keeps a log, too.
  void log_mirror() { mirror_.execute("SET GLOBAL log_output='TABLE', GLOBAL general_log=1"); }
  // What production's log has of the last script, a row a line, or the mirror's.
  std::string log_text(bool mirror = false);

 private:
  using Sessions = std::map<int, std::unique_ptr<ClientSession>>;
  void wipe();
  void look_for_alarms(Verdict& verdict);
  Answer try_to_perform(const workload::Step& step, Sessions& sessions);
  Answer perform(const workload::Step& step, Sessions& sessions);
  ClientSession& session(int id, Sessions& sessions);
  void await_end_of(std::uint64_t thread);
  void close(Sessions& sessions, int id, bool dropped);
  void sync(const workload::Step& step, Verdict& verdict);
  void run_serial(const workload::Script& script, Verdict& verdict);
  void run_parallel(const workload::Script& script, std::size_t from, Verdict& verdict);
  void read_notes(Verdict& verdict);
  void leave_out_dialect(std::vector<std::string>& lost);
  [[nodiscard]] bool keeps() const { return pair_.options().retention != "none"; }

  MirrorPair pair_;
  mysql::Connection source_;
  mysql::Connection mirror_;
  Sessions sessions_;
};

}  // namespace dw::test
