// Collects what may differ from production, and joins it: many statements of one table and reason give a few
// entries. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "common/sql/key_value.h"
#include "loader/apply/bookkeeping.h"

namespace dw::load {

// Of a definition: verification compares it, too.
inline constexpr const char* kDefinitionInDoubt =
    "altered while another session's transaction held it: production may have given up";
inline constexpr const char* kDefinitionOfOther =
    "MySQL and MariaDB differ: production may have refused to alter a table with generated columns";
inline bool doubts_definition(std::string_view reason) {
  return reason == kDefinitionInDoubt || reason == kDefinitionOfOther;
}

// How the reason of a suspect begins behind which everything is verified at once, or the run says so.
inline constexpr const char* kGapSuspect = "gap in the log";

// Ids from `from` on up to `to`; none: every later one too.
struct IdRange {
  std::int64_t from = 0;
  std::optional<std::int64_t> to;
};

// Where in the log the doubt comes from.
struct LogPlace {
  std::size_t event = 0;  // of the batch; its cursor is made only where it is needed
  std::string cursor;     // of an earlier batch's event; empty: `event` holds
  Micros time = 0;
  std::uint64_t thread = 0;
};

class Suspects {
 public:
  void add_all(const std::string& reason, const LogPlace& place);
  // `table` "": every table of the schema; `schema` "" too: not known which, everything.
  void add_table(const std::string& schema, const std::string& table, const std::string& reason,
                 const LogPlace& place);
  // A table whose definition is in doubt, with the statement that may have made it another.
  void add_definition(const std::string& schema, const std::string& table, const std::string& reason,
                      std::string_view statement, const LogPlace& place);
  void add_ids(const std::string& schema, const std::string& table, const std::string& column,
               const IdRange& range, const std::string& reason, const LogPlace& place);
  // A statement that took `count` ids failed here, so it is not known which; in production another one may
  // have failed. Widens what stands beside.
  void add_lost_ids(const std::string& schema, const std::string& table, std::int64_t count,
                    const std::string& reason);
  void add_rows(const std::string& schema, const std::string& table,
                const std::vector<sql::KeyColumn>& columns, const std::vector<sql::KeyRow>& rows,
                const std::string& reason, const LogPlace& place);

  // The table's AUTO_INCREMENT counter, and none of its rows: keys of this form, and none of them.
  void add_counter(const std::string& schema, const std::string& table,
                   const std::vector<sql::KeyColumn>& columns, const std::string& reason,
                   const LogPlace& place);

  // Joined; nothing is left.
  std::vector<SuspectEntry> take(const Batch& batch);

 private:
  struct Group {
    bool whole = false;
    std::set<std::string> statements;  // of a definition
    std::string id_column;
    std::vector<IdRange> ranges;
    std::int64_t lost_before_next = 0;
    std::vector<sql::KeyColumn> columns;
    std::set<sql::KeyRow> rows;
    std::size_t key_bytes = 0;  // of these
    bool counter = false;
    bool rows_are_ranges = false;  // there were too many
    LogPlace last;
  };
  using Name = std::tuple<std::string, std::string, std::string>;  // schema, table, reason

  Group& group(const std::string& schema, const std::string& table, const std::string& reason,
               const LogPlace& place);
  static void make_wider(Group& group);
  static void add_range(Group& group, const IdRange& range);
  static void rows_to_ranges(Group& group);
  static bool lie_together(const Group& group);
  static void emit(const Name& name, const Group& group, const SuspectEntry& base,
                   std::vector<SuspectEntry>& out);

  std::map<Name, Group> groups_;
};

// At most `most` ranges that hold all of these, in order, without overlap.
std::vector<IdRange> joined(std::vector<IdRange> ranges, std::size_t most);

}  // namespace dw::load
