#include "extractor/options.h"
#include "extractor/request.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::extract;

namespace {

const std::string kCursor = "0123456789abcdef0123456789abcdef-7-1795225281267560";

Options parse(std::vector<const char*> words) {
  words.insert(words.begin(), "dw-extract");
  return parse_options(static_cast<int>(words.size()), words.data());
}

ExitCode code_of(const std::vector<const char*>& words) {
  try {
    parse(words);
  } catch (const Error& error) {
    return error.code();
  }
  return ExitCode::done;
}

}  // namespace

TEST_CASE("BatchIsTheDefaultVerb") {
  const Options options = parse({"--after", kCursor.c_str(), "--max-bytes=1000"});
  CHECK(options.request.verb == Verb::batch);
  REQUIRE(options.request.after);
  CHECK(options.request.after->text() == kCursor);
  CHECK(options.request.max_bytes == 1000);
}

TEST_CASE("TimesOfTheCommandLineAreUtc") {
  const Options options = parse({"batch", "--since", "2026-11-21", "--until", "2026-11-21T00:00:01Z"});
  CHECK(*options.request.until - *options.request.since == 1'000'000);
}

TEST_CASE("RotateTakesACursorAndDryRun") {
  const Options options = parse({"rotate", "--after", kCursor.c_str(), "--dry-run"});
  CHECK(options.request.verb == Verb::rotate);
  CHECK(options.request.dry_run);
}

TEST_CASE("BadCommandLinesAreUsageErrors") {
  CHECK(code_of({"frobnicate"}) == ExitCode::usage);
  CHECK(code_of({"--nonsense"}) == ExitCode::usage);
  CHECK(code_of({"batch", "batch"}) == ExitCode::usage);
  CHECK(code_of({"--after", "nonsense"}) == ExitCode::usage);
  CHECK(code_of({"--max-bytes", "0"}) == ExitCode::usage);
  CHECK(code_of({"--max-bytes", "268435457"}) == ExitCode::usage);
  CHECK(code_of({"--max-bytes", "-1"}) == ExitCode::usage);
  CHECK(code_of({"--until", "yesterday"}) == ExitCode::usage);
  CHECK(code_of({"status", "--after", kCursor.c_str()}) == ExitCode::usage);
  CHECK(code_of({"--dry-run"}) == ExitCode::usage);
  CHECK(code_of({"--after", kCursor.c_str(), "--since", "2026-11-21"}) == ExitCode::usage);
}

TEST_CASE("HelpNeedsNothingElse") {
  CHECK_THAT(parse({"--help"}).print, Catch::Contains("Exit codes"));
  CHECK_THAT(parse({"rotate", "--help"}).print, Catch::StartsWith("dw-extract rotate - "));
  CHECK_THAT(parse({"--version"}).print, Catch::StartsWith("dw-extract "));
}
