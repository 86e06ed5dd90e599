// Generated logs that try to deceive the file log's reader (forged_log.h), as libFuzzer makes them up: only
// rows that were written come out, in order, whatever the pieces in which the file is read.
#include <fuzzer/FuzzedDataProvider.h>

#include "extractor/file_log/local_clock.h"
#include "tests/fuzz/forged_log.h"
#include "tests/fuzz/fuzz.h"

using namespace dw::fuzz;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool kReady = (dw::extract::set_wall_clock("UTC"), true);
  FuzzedDataProvider in(data, size);
  const auto piece = in.ConsumeIntegralInRange<std::size_t>(1, 64);
  const ForgedLog log = make_forged_log([&](int n) { return in.ConsumeIntegralInRange(0, n - 1); });
  const Outcome whole = read_forged_log(log, log.bytes.size());
  require(kReady && whole.wrong.empty(), whole.wrong.c_str());
  const Outcome cut = read_forged_log(log, piece);
  require(cut.wrong.empty(), cut.wrong.c_str());
  require(cut.rows == whole.rows && cut.stopped == whole.stopped, "the pieces do not matter");
  for (const Written& row : log.written)
    require(scanner_agrees(row.text, log.mode), "scanner and lexer see the same end");
  return 0;
}
