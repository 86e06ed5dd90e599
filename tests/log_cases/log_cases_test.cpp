// The table of cases: what the general log shows of them, and what the mirror must make of it. Each is played
// on every pair of servers.

#include <algorithm>
#include <cstdlib>

#include "tests/log_cases/scene.h"
#include "tests/support/catch.h"

using namespace dw::test;

namespace {

bool is_wanted(const LogCase& one) {
  const char* text = std::getenv("DW_LOG_CASE");
  return text == nullptr || std::string_view(one.name).find(text) != std::string_view::npos;
}

// One pair of servers for all cases of a chapter.
void play(const std::vector<LogCase>& cases) {
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    options.retention = "none";
    options.databases = R"(["app", "other"])";
    for (auto* server : {&options.source_server, &options.mirror_server})
      *server = {"--local-infile=1", "--max-allowed-packet=64M"};
    if (std::none_of(cases.begin(), cases.end(), is_wanted)) return;
    MirrorPair pair(options);
    for (const LogCase& one : cases) {
      if (!is_wanted(one)) continue;
      INFO(name_of(options) << ": " << one.name);
      std::string wrong;
      try {
        Scene scene(pair);
        one.play(scene);
        wrong = scene.judge(one.outcome, one.suspects);
      } catch (const std::exception& error) {
        wrong = error.what();
      }
      CHECK(wrong == "");
    }
  }
}

}  // namespace

TEST_CASE("log cases: what a row is") {
  play(row_cases());
}
TEST_CASE("log cases: sessions and transactions") {
  play(transaction_cases());
}
TEST_CASE("log cases: triggers, routines, events") {
  play(program_cases());
}
TEST_CASE("log cases: values") {
  play(value_cases());
}
TEST_CASE("log cases: server-given ids") {
  play(id_cases());
}
