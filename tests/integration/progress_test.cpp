// What a run that takes longer than two seconds shows: on a real terminal one line that is written over and
// taken away, elsewhere dated lines, with --quiet nothing.

#include <algorithm>
#include <thread>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/http_listener.h"
#include "tests/support/mirror_pair.h"
#include "tests/support/terminal.h"

using namespace dw::test;

namespace {

constexpr int kColumns = 40;

// A pair whose runs take three seconds.
MirrorPair& slow_pair() {
  static MirrorPair* const one = [] {
    PairOptions options;
    options.load_extra = R"(, "hooks": {"after_batch": ["slow"]})";
    static MirrorPair made{options};
    write_file(made.file("slow"), "#!/bin/sh\nexec sleep 3\n", 0755);
    made.source().sql("CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY)");
    return &made;
  }();
  one->source().sql("INSERT INTO app.t VALUES ()");
  return *one;
}

std::vector<std::string> sync_command(const MirrorPair& pair) {
  return {DW_LOAD_PROGRAM, "sync", "--config", pair.file("load.json")};
}

// The line was drawn more than once, always on itself and within the terminal's width.
void check_one_line_redrawn(const ProcessResult& result, const std::string& words) {
  INFO(result.out);
  CHECK(result.exit_code == 0);
  const std::vector<std::string> lines = redrawn_lines(result.out);
  CHECK(lines.size() >= 3);
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(line.starts_with(words.substr(0, kColumns - 1)));
    CHECK(line.size() < kColumns);
    CHECK(line.find('\n') == std::string::npos);
  }
}

}  // namespace

TEST_CASE("at a terminal a long run is one line, written over and taken away") {
  MirrorPair& pair = slow_pair();
  const ProcessResult result = run_on_terminal(sync_command(pair), kColumns);
  check_one_line_redrawn(result, "pulling what production logged");
  // What stays is the result alone.
  const std::string rest = result.out.substr(result.out.rfind("\x1b[K") + 3);
  CHECK_THAT(rest, Catch::StartsWith("dw-load: ") && Catch::EndsWith("\r\n"));
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') == 1);
}

TEST_CASE("with --quiet a long run says nothing, at a terminal and elsewhere") {
  std::vector<std::string> command = sync_command(slow_pair());
  command.emplace_back("--quiet");
  CHECK(run_on_terminal(command, kColumns).out.empty());
  slow_pair();
  const ProcessResult elsewhere = run(command);
  CHECK(elsewhere.out.empty());
  CHECK(elsewhere.err.empty());
}

TEST_CASE("where no terminal is, a long run gives dated lines, and no line that is written over") {
  const ProcessResult result = run(sync_command(slow_pair()));
  CHECK_THAT(result.out,
             Catch::Matches("20[0-9T:.-]*Z dw-load: pulling what production logged \\[0:02\\]\ndw-load: "
                            "[^\r\x1b]*\n"));
  CHECK(result.err.empty());
}

TEST_CASE("a run that is done sooner shows no progress") {
  MirrorPair pair({});
  const ProcessResult result = run_on_terminal(sync_command(pair), kColumns);
  INFO(result.out);
  CHECK(result.out.find('\x1b') == std::string::npos);
}

TEST_CASE("check waits for a slow source in sight, and its JSON stays JSON") {
  MirrorPair pair({});
  HttpListener slow;
  slow.answer({.status = 500, .delay = std::chrono::milliseconds(2700)});
  pair.write_load_config(slow.url(), R"(, "attempts": 1)", "");
  const std::vector<std::string> command{DW_LOAD_PROGRAM, "check", "--config", pair.file("load.json")};
  const std::vector<std::string> lines = redrawn_lines(run_on_terminal(command, kColumns).out);
  REQUIRE_FALSE(lines.empty());
  CHECK(lines[0] == "asking the source [0:02]");
  std::vector<std::string> as_json = command;
  as_json.emplace_back("--json");
  const ProcessResult result = run(as_json);
  CHECK_THAT(result.err, Catch::Contains("Z dw-load: asking the source [0:02]\n"));
  CHECK(nlohmann::json::parse(result.out).contains("findings"));
}

TEST_CASE("a dry run that waits for the source says so") {
  MirrorPair pair({});
  HttpListener slow;
  slow.answer({.status = 500, .delay = std::chrono::milliseconds(2700)});
  pair.write_load_config(slow.url(), R"(, "attempts": 1)", "");
  const ProcessResult result = pair.load({"sync", "--dry-run"});
  CHECK(result.exit_code == 6);
  CHECK_THAT(result.out, Catch::Matches("20[0-9T:.-]*Z dw-load: planning the next batch \\[0:02\\]\n"));
}

TEST_CASE("check and restore with --quiet: what is wrong, and the SQL, and no more") {
  MirrorPair pair({});
  pair.source().sql(
      "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY); INSERT INTO app.t VALUES (4711)");
  pair.sync();
  const ProcessResult check = pair.load({"check", "--quiet"});
  CHECK(check.exit_code == 0);
  CHECK_THAT(check.out, !Catch::Contains("ok       "));
  pair.mirror().sql("SET GLOBAL read_only = 1");
  const ProcessResult wrong = pair.load({"check", "--quiet"});
  CHECK(wrong.exit_code == 7);
  CHECK_THAT(wrong.out, Catch::Contains("WRONG    mirror: read_only: ") && !Catch::Contains("ok       "));
  pair.mirror().sql("SET GLOBAL read_only = 0");

  const std::vector<std::string> words{"restore", "--table", "app.t", "--where", "1"};
  CHECK_FALSE(pair.load(words).err.empty());
  std::vector<std::string> quiet = words;
  quiet.emplace_back("--quiet");
  const ProcessResult restored = pair.load(quiet);
  CHECK(restored.exit_code == 0);
  CHECK(restored.err.empty());
  CHECK_THAT(restored.out, Catch::Contains("4711") && Catch::EndsWith("COMMIT;\n"));
}

TEST_CASE("dw-extract shows how far it is on stderr, and its answer is none the worse for it") {
  PairOptions options;
  options.web = Web::none;
  options.extract_extra = R"(, "reading": {"max_load": 1})";
  MirrorPair pair(options);
  pair.source().sql(
      "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY); INSERT INTO app.t VALUES (1)");
  // A snapshot waits while production is busy.
  const auto snapshot = [&](const ProcessResult& result) {
    const std::string rows = read_file(pair.file("rows"));
    CHECK_THAT(rows, Catch::EndsWith("}\n") && Catch::Contains("\"end\":true"));
    CHECK(rows.find('\x1b') == std::string::npos);
    return result;
  };
  const std::vector<std::string> command{"sh",
                                         "-c",
                                         "exec \"$0\" snapshot --config \"$1\" > \"$2\"",
                                         DW_EXTRACT_PROGRAM,
                                         pair.file("extract.json"),
                                         pair.file("rows")};
  const auto while_busy = [&](auto&& act) {
    std::thread busy([&] { pair.source().sql("SELECT SLEEP(4)"); });
    const ProcessResult result = snapshot(act());
    busy.join();
    return result;
  };
  check_one_line_redrawn(while_busy([&] { return run_on_terminal(command, kColumns); }),
                         "reading production's rows");
  CHECK(while_busy([&] { return run(command); }).err.empty());
}
