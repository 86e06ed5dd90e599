#include "common/sql/functions.h"

#include "common/sql/statement.h"
#include "common/sql/word_table.h"

namespace dw::sql {

namespace {

constexpr std::array kNames = std::to_array<std::string_view>({
#include "common/sql/function_names.inc"
});

constexpr WordTable<kNames.size(), 4096> kNameTable(kNames);

constexpr std::array kAdjacent = std::to_array<std::string_view>(
    {"adddate",     "bit_and",  "bit_or",   "bit_xor",      "cast",         "count",   "curdate",
     "curtime",     "date_add", "date_sub", "extract",      "group_concat", "max",     "mid",
     "min",         "now",      "position", "session_user", "std",          "stddev",  "stddev_pop",
     "stddev_samp", "subdate",  "substr",   "substring",    "sum",          "sysdate", "system_user",
     "trim",        "variance", "var_pop",  "var_samp"});

constexpr WordTable<kAdjacent.size(), 128> kAdjacentTable(kAdjacent);

enum class When : std::uint8_t { always, without_argument, with_fraction };

struct DoubtRule {
  std::string_view name;
  std::uint32_t doubt;
  When when;
};

constexpr std::array kDoubtRules = std::to_array<DoubtRule>({
    {"now", doubt_now_fraction, When::with_fraction},
    {"current_timestamp", doubt_now_fraction, When::with_fraction},
    {"current_time", doubt_now_fraction, When::with_fraction},
    {"curtime", doubt_now_fraction, When::with_fraction},
    {"localtime", doubt_now_fraction, When::with_fraction},
    {"localtimestamp", doubt_now_fraction, When::with_fraction},
    {"utc_timestamp", doubt_now_fraction, When::with_fraction},
    {"utc_time", doubt_now_fraction, When::with_fraction},
    {"rand", doubt_random, When::without_argument},
    {"random_bytes", doubt_random, When::always},
    {"encrypt", doubt_random, When::always},  // a random salt
    {"uuid", doubt_uuid, When::always},
    {"uuid_short", doubt_uuid, When::always},
    {"uuid_v4", doubt_uuid, When::always},
    {"uuid_v7", doubt_uuid, When::always},
    {"sys_guid", doubt_uuid, When::always},
    {"sysdate", doubt_sysdate, When::always},
    {"load_file", doubt_load_data, When::always},
    {"connection_id", doubt_connection, When::always},
    {"ps_current_thread_id", doubt_connection, When::always},
    {"user", doubt_connection, When::always},
    {"current_user", doubt_connection, When::always},
    {"current_role", doubt_connection, When::always},
    {"session_user", doubt_connection, When::always},
    {"system_user", doubt_connection, When::always},
    {"get_lock", doubt_locks, When::always},
    {"release_lock", doubt_locks, When::always},
    {"release_all_locks", doubt_locks, When::always},
    {"is_free_lock", doubt_locks, When::always},
    {"is_used_lock", doubt_locks, When::always},
    {"sleep", doubt_locks, When::always},
    {"found_rows", doubt_row_count, When::always},
    {"row_count", doubt_row_count, When::always},
    {"last_insert_id", doubt_last_insert_id, When::without_argument},
    {"version", doubt_system_variable, When::always},
});

constexpr auto kDoubtNames = [] {
  std::array<std::string_view, kDoubtRules.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kDoubtRules[i].name;
  return names;
}();

constexpr WordTable<kDoubtNames.size(), 256> kDoubtTable(kDoubtNames);

}  // namespace

bool is_builtin_before_parenthesis(std::string_view word) {
  return kNameTable.find(word) >= 0;
}

bool needs_adjacent_parenthesis(std::string_view word) {
  return kAdjacentTable.find(word) >= 0;
}

std::uint32_t call_doubts(std::string_view word, Argument argument) {
  const int index = kDoubtTable.find(word);
  if (index < 0) return doubt_none;
  const DoubtRule& rule = kDoubtRules[static_cast<std::size_t>(index)];
  switch (rule.when) {
    case When::always:
      return rule.doubt;
    case When::without_argument:
      return argument == Argument::none ? rule.doubt : doubt_none;
    case When::with_fraction:
      return argument == Argument::other ? rule.doubt : doubt_none;
  }
  return doubt_none;
}

}  // namespace dw::sql
