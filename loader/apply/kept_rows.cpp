#include "loader/apply/kept_rows.h"

#include <algorithm>

namespace dw::load {
namespace {

constexpr std::size_t kAtOnce = 500;  // variables in one SELECT

std::string variable(std::size_t slot) {
  return "@dw_kept_" + std::to_string(slot);
}

}  // namespace

// Cursors hold nothing but ASCII without quotes and backslashes.
std::string keeping_variables(const LedgerEntry& entry) {
  return "@dw_kept=0, @dw_reason='" + entry.reason + "', @dw_at=" + time_literal(entry.time) +
         ", @dw_event='" + entry.cursor + "'";
}

std::string KeptRows::lead(std::size_t unit, const LedgerEntry& entry, bool undone) {
  std::string out = "SET ";
  if (counting_) out += variable(*counting_) + "=@dw_kept, ";
  counting_.reset();
  if (!undone) {
    counting_ = slots_.size();
    slot_of_[unit] = slots_.size();
    slots_.push_back({{entry, unit}});
  }
  return out + keeping_variables(entry);
}

void KeptRows::failed(std::size_t unit) {
  const auto found = slot_of_.find(unit);
  if (found != slot_of_.end()) slots_[found->second].failed = true;
}

std::vector<KeptRows::Kept> KeptRows::take(mysql::Connection& connection) {
  std::vector<Kept> out;
  for (std::size_t begin = 0; begin < slots_.size(); begin += kAtOnce) {
    const std::size_t end = std::min(slots_.size(), begin + kAtOnce);
    std::string sql;
    for (std::size_t i = begin; i < end; ++i)
      sql += (sql.empty() ? "SELECT " : ",") + (counting_ == i ? std::string("@dw_kept") : variable(i));
    const auto rows = connection.rows(sql);
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint64_t count = std::stoull(rows[0][i - begin].value_or("0"));
      if (slots_[i].failed || count == 0) continue;
      slots_[i].kept.entry.rows_kept = count;
      out.push_back(std::move(slots_[i].kept));
    }
  }
  forget();
  return out;
}

void KeptRows::forget() {
  slots_.clear();
  slot_of_.clear();
  counting_.reset();
}

}  // namespace dw::load
