// Whether a mirror is well, for a monitor: an exit code and the reasons for it. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/util/error.h"
#include "loader/report/status_facts.h"

namespace dw::load {

struct Trouble {
  ExitCode code;
  std::string brief;  // how it is, in words that anybody may read
  std::string what;   // the same with times, names and the error's own words
  std::string mend;   // what to do
};

// The worst first; empty: the mirror is well. Exit 1 is a run that failed, or that never came to its end.
std::vector<Trouble> reasons_of(const StatusFacts& facts);
// Of the first reason.
ExitCode verdict_of(const std::vector<Trouble>& reasons);
// "well", "overdue", "gap", …: one word for the first reason, the run's own state where that is it.
std::string word_of(const StatusFacts& facts);

// When the next run should end, at the latest; none where none has yet.
std::optional<Micros> next_run(const StatusFacts& facts);

}  // namespace dw::load
