// The sessions of mysqldump --single-transaction and mariadb-dump in production's log, and which of them made
// a dump. Pure.
//
// Measured with MariaDB 10.11's and MySQL 9.7's clients: each opens its snapshot with the statement below,
// selects the schemas that it dumps with Init DB, and quits within a second of its last line's time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/log/batch.h"
#include "loader/dump/dump_statements.h"

namespace dw::load {

inline constexpr std::string_view kDumpSnapshot = "START TRANSACTION /*!40100 WITH CONSISTENT SNAPSHOT */";

struct DumpSession {
  std::uint64_t thread = 0;
  Cursor snapshot;  // the place before the statement that opened it
  std::optional<Micros> ended;
  std::set<std::string> databases;
};

class DumpSessions {
 public:
  // Batches in the log's order.
  void take(const Batch& batch);
  [[nodiscard]] const std::vector<DumpSession>& found() const { return found_; }

 private:
  std::vector<DumpSession> found_;
  std::map<std::uint64_t, std::size_t> open_;  // by thread
};

// The session that made the dump: of its schema, and ended when the dump says so, by this machine's clock
// (`completed_here`: the dump's time read in its time zone) or by one that differs from UTC by quarters of an
// hour. The last one where several do. Throws Error(gap) when there is none, or when other clocks would make
// it several.
DumpSession session_of(const std::vector<DumpSession>& sessions, const DumpComments& dump,
                       std::optional<Micros> completed_here);

}  // namespace dw::load
