// Many generated logs that try to deceive the reader (forged_log.h): a row that was none is a failure, as is
// a row that is passed over without a stop.
//
//   forged_log_fuzz [LOGS] [SEED]
//
// Also holds StatementScanner and sql::Lexer against each other on every statement.

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "extractor/file_log/local_clock.h"
#include "tests/fuzz/forged_log.h"

using namespace dw::fuzz;

namespace {

struct Counts {
  std::uint64_t logs = 0;
  std::uint64_t rows = 0;
  std::uint64_t imitations = 0;
  std::uint64_t stops = 0;
  std::uint64_t whole = 0;
};

// "" when all is well.
std::string check(const ForgedLog& log, Counts& counts) {
  const Outcome outcome = read_forged_log(log, log.bytes.size());
  counts.rows += outcome.rows;
  counts.imitations += log.imitations;
  ++(outcome.stopped ? counts.stops : counts.whole);
  for (const Written& row : log.written) {
    if (!scanner_agrees(row.text, log.mode)) return "scanner and lexer disagree on: " + row.text;
  }
  return outcome.wrong;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t logs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  dw::extract::set_wall_clock("UTC");
  Counts counts;
  for (; counts.logs < logs; ++counts.logs) {
    std::mt19937_64 random(seed + counts.logs);
    const ForgedLog log =
        make_forged_log([&](int n) { return static_cast<int>(random() % static_cast<std::uint64_t>(n)); });
    const std::string wrong = check(log, counts);
    if (wrong.empty()) continue;
    std::printf("seed %s: %s\n%s\n", std::to_string(seed + counts.logs).c_str(), wrong.c_str(),
                log.bytes.c_str());
    return 1;
  }
  std::printf(
      "%llu logs, %llu lines that imitate rows: no forged row came out. %llu rows; %llu logs read to their "
      "end, %llu stopped in doubt\n",
      static_cast<unsigned long long>(counts.logs), static_cast<unsigned long long>(counts.imitations),
      static_cast<unsigned long long>(counts.rows), static_cast<unsigned long long>(counts.whole),
      static_cast<unsigned long long>(counts.stops));
  return counts.whole > 0 ? 0 : 1;
}
