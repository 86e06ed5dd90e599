// What the mode of several sessions found, summed over seeds: tables and rows that differ, how many of them
// the suspects name, and whether what they do not name differs through concurrency alone: then it is equal
// where the same sessions take turns.
#pragma once

#include <iosfwd>
#include <string>

#include "tests/differential/runner.h"

namespace dw::test {

class ConcurrencyTally {
 public:
  // `in_turns`: runs the same sessions one behind the other; called only where something went unnoticed.
  // False when something is wrong without any concurrency.
  template <typename InTurns>
  bool add(const Verdict& verdict, const InTurns& in_turns) {
    const Verdict alone = has_unnoticed(verdict) ? in_turns() : Verdict();
    return count(verdict, alone);
  }
  void print(std::ostream& out, const std::string& pair) const;

  static bool has_unnoticed(const Verdict& verdict);

 private:
  struct Sums {
    std::size_t all = 0;
    std::size_t covered = 0;  // of all
    std::size_t differ = 0;
    std::size_t noticed = 0;  // of those that differ
    std::size_t alone = 0;    // unnoticed, through concurrency alone
    std::size_t in_turns = 0;
    std::size_t conflicts = 0;  // of `alone`: production refused something for locks
  };

  bool count(const Verdict& verdict, const Verdict& alone);
  static void put_down(Sums& to, std::size_t unnoticed, bool in_turns, bool conflict);
  static void print_line(std::ostream& out, const char* what, const Sums& sums);

  Sums tables_;
  Sums rows_;
  std::size_t seeds_ = 0;
  std::size_t different_seeds_ = 0;
};

}  // namespace dw::test
