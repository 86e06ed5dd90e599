// Executables that dw-load calls, and what it says of where its time went.

#include <filesystem>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

MirrorPair& pair() {
  static MirrorPair* const one = [] {
    PairOptions options;
    options.retention = "archive";
    static MirrorPair made{options};
    made.source().sql("CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY, a INT)");
    made.sync();
    return &made;
  }();
  return *one;
}

// An executable beside load.json.
void write_script(const std::string& name, const std::string& body, mode_t mode = 0755) {
  write_file(pair().file(name), "#!/bin/sh\n" + body + "\n", mode);
}

void set_hooks(const std::string& hooks) {
  pair().write_load_config(pair().url(), "", ", \"hooks\": {" + hooks + "}");
}

// A script that appends what it reads to a file.
void write_recorder(const std::string& name) {
  write_script(name, "cat >> " + pair().file("record").string());
  fs::remove(pair().file("record"));
}

std::vector<json> recorded() {
  std::vector<json> out;
  std::ifstream in(pair().file("record"));
  for (std::string line; std::getline(in, line);) out.push_back(json::parse(line));
  return out;
}

std::string rows() {
  return pair().mirror().sql("SELECT DISTINCT id FROM app_all.t ORDER BY id");
}

}  // namespace

TEST_CASE("hooks are told what happens, in its order") {
  write_recorder("record.sh");
  set_hooks(R"("before_begin": ["record.sh"], "after_batch": ["record.sh"], "on_retained": ["record.sh"],
    "on_failure": ["record.sh"], "after_finish": ["record.sh"])");
  pair().mirror().sql("INSERT INTO app.t VALUES (3,3)");
  pair().source().sql(
      "INSERT INTO app.t VALUES (1,1),(2,2); DELETE FROM app.t WHERE id=2; INSERT INTO app.t VALUES (3,1)");
  const ProcessResult result = pair().load({"sync"});
  INFO(result.err);
  CHECK(result.exit_code == 0);
  const std::vector<json> calls = recorded();
  REQUIRE(calls.size() == 5);
  CHECK(calls[0]["hook"] == "before_begin");
  CHECK(calls[0]["verb"] == "sync");
  CHECK(calls[1]["hook"] == "on_retained");
  REQUIRE(calls[1]["entries"].size() == 1);
  CHECK(calls[1]["entries"][0]["statement"] == "DELETE FROM app.t WHERE id=2");
  CHECK(calls[1]["entries"][0]["action"] == "retained");
  CHECK(calls[2]["hook"] == "on_failure");
  CHECK(calls[2]["entries"][0]["error"] == 1062);
  CHECK(calls[3]["hook"] == "after_batch");
  CHECK(calls[3]["statements"]["retained"] == 1);
  CHECK(calls[3]["statements"]["failed"] == 1);
  CHECK(calls[3]["batch"] == calls[2]["batch"]);
  CHECK(calls[4]["hook"] == "after_finish");
  CHECK(calls[4]["exit_code"] == 0);
  CHECK(rows() == "1\n2\n3\n");
}

TEST_CASE("a hook that fails is reported, or stops the run before its commit") {
  write_script("bad.sh", "echo out; echo 'no room left' >&2; exit 3");
  set_hooks(R"("after_batch": ["bad.sh"])");
  pair().source().sql("INSERT INTO app.t VALUES (10,1)");
  ProcessResult result = pair().load({"sync"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.err,
             Catch::Contains("hook after_batch: ") && Catch::Contains("exit status 3 (no room left)"));
  CHECK(result.out.find("out\n") == std::string::npos);
  CHECK_THAT(rows(), Catch::Contains("10\n"));

  set_hooks(R"("after_batch": ["bad.sh"], "on_error": "stop")");
  pair().source().sql("INSERT INTO app.t VALUES (11,1)");
  result = pair().load({"sync"});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, Catch::Contains("no room left"));
  CHECK(rows().find("11\n") == std::string::npos);
  CHECK(pair().load({"sync"}).exit_code == 1);

  // Mended, the next run takes up what the stopped one left.
  set_hooks("");
  CHECK(pair().load({"sync"}).exit_code == 0);
  CHECK_THAT(rows(), Catch::Contains("11\n"));

  for (const char* hook : {"before_begin", "on_retained", "after_finish"}) {
    set_hooks("\"" + std::string(hook) + R"(": ["bad.sh"], "on_error": "stop")");
    pair().source().sql("INSERT INTO app.t VALUES (20,1); DELETE FROM app.t WHERE id=20");
    result = pair().load({"sync"});
    INFO(hook);
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.err, Catch::Contains("hook " + std::string(hook)));
    // What is over cannot be stopped any more.
    CHECK((rows().find("20\n") != std::string::npos) == (std::string(hook) == "after_finish"));
  }
  set_hooks("");
  pair().sync();
}

TEST_CASE("a hook that hangs is ended with all that it started") {
  const std::string children = pair().file("children").string();
  write_script("hang.sh", "trap '' TERM\nsleep 1000 &\necho $! $$ > " + children + "\nwait\nsleep 1000");
  set_hooks(R"("before_begin": ["hang.sh"], "timeout_seconds": 1)");
  const ProcessResult result = pair().load({"sync"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.err, Catch::Contains("did not end within 1 s"));
  std::istringstream ids(read_file(children));
  for (int id = 0; ids >> id;) {
    INFO(id);
    // Gone, or dead and not yet fetched by init.
    const fs::path stat = "/proc/" + std::to_string(id) + "/stat";
    CHECK((!fs::exists(stat) || read_file(stat).find(") Z ") != std::string::npos));
  }
}

TEST_CASE("hooks that others could change, or that are no programs, are refused") {
  const auto refused = [](const std::string& hooks, const std::string& text) {
    set_hooks(hooks);
    const ProcessResult result = pair().load({"sync"});
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, Catch::Contains(text));
  };
  write_script("open.sh", "true", 0757);
  refused(R"("after_finish": ["open.sh"])", "open.sh can be changed by others");
  write_script("group.sh", "true", 0775);
  refused(R"("after_finish": ["group.sh"])", "group.sh can be changed by others");
  write_script("plain.sh", "true", 0644);
  refused(R"("after_finish": ["plain.sh"])", "plain.sh is no executable file");
  refused(R"("after_finish": ["none.sh"])", "none.sh cannot be read");
  refused(R"("after_start": ["plain.sh"])", "did you mean");
  fs::create_directory(pair().file("open"));
  fs::permissions(pair().file("open"), fs::perms::all);
  write_file(pair().file("open/x.sh"), "#!/bin/sh\n", 0755);
  refused(R"("after_finish": ["open/x.sh"])", "the folder of hook");
  set_hooks("");
}

TEST_CASE("--statistics tells where the time went, every round trip in a row of its own kind") {
  write_script("ok.sh", "cat > /dev/null");
  set_hooks(R"("after_batch": ["ok.sh"])");
  pair().source().sql("INSERT INTO app.t VALUES (30,1)");
  const ProcessResult sync = pair().load({"sync", "--statistics"});
  INFO(sync.err);
  CHECK(sync.exit_code == 0);
  std::istringstream lines(sync.out.substr(sync.out.find("Action ")));
  std::string line;
  std::getline(lines, line);
  CHECK(line == "Action         Count       Time        Pct");
  std::map<std::string, std::uint64_t> counts;
  double percent = 0;
  while (std::getline(lines, line)) {
    CHECK(line.size() == 42);
    std::istringstream words(line.substr(12));
    std::uint64_t count = 0;
    double seconds = 0;
    double share = 0;
    words >> count >> seconds >> share;
    counts[line.substr(0, line.find("  "))] = count;
    percent += share;
  }
  CHECK(percent > 99);
  CHECK(percent < 101);
  CHECK(counts.at("http") == 1);
  CHECK(counts.at("hook") == 1);
  CHECK(counts.at("spool") == 1);
  CHECK(counts.at("commit") == 1);
  CHECK(counts.at("connect") == 1);
  CHECK(counts.at("packet") >= 1);
  CHECK(counts.at("other") == 0);

  const json status = json::parse(pair().load({"status", "--json", "--statistics"}).out);
  CHECK(status["statistics"].size() >= 3);
  CHECK_FALSE(json::parse(pair().load({"status", "--json"}).out).contains("statistics"));
  CHECK_THAT(pair().load({"status", "--statistics"}).out, Catch::Contains("\nselect "));
  const ProcessResult restore =
      pair().load({"restore", "--table", "app.t", "--where", "id=30", "--statistics"});
  CHECK_THAT(restore.out, Catch::Contains("SELECT 30,1 FROM DUAL"));
  CHECK(restore.out.find("Action ") == std::string::npos);
  CHECK_THAT(restore.err, Catch::Contains("\nselect "));
}

TEST_CASE("--statistics of a verb that fails tell what it did until then") {
  pair().write_load_config("http://127.0.0.1:1/cgi-bin/dw-extract", R"(, "attempts": 1)", "");
  for (const char* verb : {"sync", "verify", "check"}) {
    INFO(verb);
    const ProcessResult failed = pair().load({verb, "--statistics"});
    CHECK(failed.exit_code == 6);
    CHECK_THAT(failed.out, Catch::Contains("Action         Count       Time        Pct\n"));
    CHECK_THAT(failed.out, Catch::Contains("\nhttp "));
  }
  set_hooks("");
  const ProcessResult restore =
      pair().load({"restore", "--table", "app.nothing_there", "--where", "1", "--statistics"});
  CHECK(restore.exit_code != 0);
  CHECK(restore.out.find("Action ") == std::string::npos);
  CHECK_THAT(restore.err, Catch::Contains("Action         Count       Time        Pct\n"));
  CHECK(pair().load({"sync", "--no-such-option", "--statistics"}).out.find("Action ") == std::string::npos);
}

TEST_CASE("the statistics hold what the server itself counts") {
  // Nobody else is on this server. It does not count that a connection is made, but that it ends (Quit).
  const auto questions = [] {
    return std::stoull(pair().mirror().sql(
        "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME='QUESTIONS'"));
  };
  const std::uint64_t before = questions();
  const std::uint64_t own = questions() - before;
  const std::uint64_t start = questions();
  const json status = json::parse(pair().load({"status", "--json", "--statistics"}).out);
  const std::uint64_t asked = questions() - start - own;
  std::uint64_t told = 0;
  for (const json& line : status["statistics"]) told += line["count"].get<std::uint64_t>();
  CHECK(told == asked);
}
