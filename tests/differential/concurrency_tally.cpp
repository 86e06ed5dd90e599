#include "tests/differential/concurrency_tally.h"

#include <algorithm>
#include <iomanip>
#include <map>
#include <ostream>
#include <set>

namespace dw::test {
namespace {

// Tables that differ; false: without a suspect.
std::map<std::string, bool> different_tables(const Verdict& verdict) {
  std::map<std::string, bool> out;
  for (const TableDifference& difference : verdict.differences) out[difference.table] = difference.suspect;
  return out;
}

std::set<std::string> unnoticed_names(const Verdict& verdict) {
  std::set<std::string> out;
  for (const TableDifference& difference : verdict.differences) {
    if (!difference.suspect) out.insert(difference.table);
  }
  for (const TableCoverage& table : verdict.coverage) {
    if (table.covered < table.differing()) out.insert(table.table);
  }
  return out;
}

double percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

bool ConcurrencyTally::has_unnoticed(const Verdict& verdict) {
  return !unnoticed_names(verdict).empty();
}

void ConcurrencyTally::put_down(Sums& to, std::size_t unnoticed, bool in_turns, bool conflict) {
  if (in_turns) {
    to.in_turns += unnoticed;
    return;
  }
  to.alone += unnoticed;
  to.conflicts += conflict ? unnoticed : 0;
}

bool ConcurrencyTally::count(const Verdict& verdict, const Verdict& alone) {
  const auto different = different_tables(verdict);
  const auto different_in_turns = unnoticed_names(alone);
  const auto in_turns = [&](const std::string& table) {
    return !alone.stopped.empty() || different_in_turns.contains(table);
  };
  bool good = verdict.stopped.empty();
  ++seeds_;
  different_seeds_ += different.empty() ? 0 : 1;
  for (const auto& [table, suspect] : different) {
    ++tables_.differ;
    tables_.noticed += suspect ? 1 : 0;
    if (suspect) continue;
    put_down(tables_, 1, in_turns(table), verdict.lock_conflict);
    good = good && !in_turns(table);
  }
  for (const TableCoverage& table : verdict.coverage) {
    ++tables_.all;
    tables_.covered += table.suspect ? 1 : 0;
    rows_.all += table.rows;
    rows_.covered += table.rows_covered;
    rows_.differ += table.differing();
    rows_.noticed += table.covered;
    put_down(rows_, table.differing() - table.covered, in_turns(table.table), verdict.lock_conflict);
  }
  return good;
}

void ConcurrencyTally::print_line(std::ostream& out, const char* what, const Sums& sums) {
  out << "  " << std::left << std::setw(7) << what << std::right << std::setw(7) << sums.all << std::setw(9)
      << percent(sums.covered, sums.all) << " %" << std::setw(8) << sums.differ << std::setw(9)
      << sums.noticed << std::setw(11) << sums.differ - sums.noticed << std::setw(13) << sums.alone
      << std::setw(11) << sums.conflicts << std::setw(10) << sums.in_turns << '\n';
}

void ConcurrencyTally::print(std::ostream& out, const std::string& pair) const {
  const auto flags = out.flags();
  out << pair << ": " << seeds_ << " seeds, " << different_seeds_ << " with a difference\n"
      << "             all    suspect  differ  noticed  unnoticed  concurrency  conflict  in turns too\n"
      << std::fixed << std::setprecision(1);
  print_line(out, "tables", tables_);
  print_line(out, "rows", rows_);
  out.flags(flags);
}

}  // namespace dw::test
