// Which rows of the log a mirror can do without.
//
// Sees the rows of one batch in order, so it knows of a session only what those rows tell. Whatever it is not
// sure of stays: the loader looks again, and knows more.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/log/counters.h"
#include "common/sql/statement.h"
#include "extractor/log_source.h"

namespace dw::extract {

// Every statement of dw-extract's own begins so.
inline constexpr std::string_view kMarker = "/* dw-extract";

enum class Verdict : std::uint8_t { keep, read, own, rds, schema };

// And so do those of them that a batch keeps: they say where a reading stands (extractor/reading).
inline constexpr std::string_view kMarkOpening = "/* dw-extract mark ";

// The key in a batch's `dropped`; "" for keep.
std::string_view to_string(Verdict verdict);

struct FilterSettings {
  std::vector<std::string> databases;  // empty: all but the server's own
  std::string own_user;                // dw-extract's account, without its host
  bool rds = false;                    // Amazon RDS: `rdsadmin` is Amazon's
};

class Filter {
 public:
  explicit Filter(FilterSettings settings) : settings_(std::move(settings)) {}

  Verdict judge(const LogRow& row);

  // What was judged so far, as the server's counters count it (common/log/counters.h).
  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] bool is_own(const LogRow& row) const;

 private:
  struct Session {
    // Every schema that an unqualified name can mean. A USE that the server refused stands in the log like
    // one that it obeyed, so schemas are added and never replaced.
    std::set<std::string, std::less<>> schemas;
    bool start_seen = false;  // else it may be in any schema
    bool used = false;        // holds a statement without our marker
  };

  Verdict judge_connect(const LogRow& row, bool own);
  Verdict judge_statement(const LogRow& row, bool own);
  [[nodiscard]] bool outside_schemas(const sql::Statement& statement, const Session& session) const;
  [[nodiscard]] bool is_mirrored(std::string_view schema) const;

  FilterSettings settings_;
  Tally tally_;
  std::unordered_map<std::uint64_t, Session> sessions_;
};

// "user" of "priv[user] @ host [ip]"; empty when it does not look so.
std::string_view user_of(std::string_view user_host);

// Whether the Connect text "user@host on DB using TCP/IP" leaves no doubt about DB, and DB.
struct ConnectDatabase {
  bool certain = false;
  std::string_view name;  // empty: none
};
ConnectDatabase database_of_connect(std::string_view text);

}  // namespace dw::extract
