#include "loader/run_report.h"

#include <string_view>

namespace dw::load {
namespace {

std::string grouped(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t i = out.size(); i > 3; i -= 3) out.insert(i - 3, ",");
  return out;
}

}  // namespace

std::string summary(const RunReport& report) {
  std::string out =
      grouped(report.counts.received) + (report.counts.received == 1 ? " statement" : " statements");
  bool first = true;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    if (report.counts.by_outcome[i] == 0) continue;
    std::string name = kOutcomeNames[i];
    if (name == "rolled_back") name = "rolled back";
    out += (first ? ": " : ", ") + grouped(report.counts.by_outcome[i]) + " " + name;
    first = false;
  }
  out += "; lag " + std::to_string(report.lag / 1'000'000) + " s";
  if (report.events_left > 0) {
    out += "; " + grouped(report.events_left) + " events wait for " + grouped(report.open_transactions) +
           (report.open_transactions == 1 ? " open transaction" : " open transactions");
  }
  if (report.held_transactions > 0) {
    out += "; " + grouped(report.held_transactions) +
           (report.held_transactions == 1 ? " transaction" : " transactions") + " held since " +
           format_time(report.held_since);
  }
  return out;
}

}  // namespace dw::load
