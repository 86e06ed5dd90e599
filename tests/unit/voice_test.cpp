#include "loader/voice/voice.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/util/ticker.h"
#include "loader/voice/log_file.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

using namespace dw;
using namespace dw::load;

TEST_CASE("what progress says tells the time that has passed") {
  CHECK(progress_text("looking", 3) == "looking [0:03]");
  CHECK(progress_text("looking", 3725) == "looking [62:05]");
}

TEST_CASE("a log line is one line, as text and as JSON, whatever is in it") {
  LogFileConfig config;
  CHECK(log_line(config, 0, "warning", "sync", 7, "a\nb") ==
        "1970-01-01T00:00:00.000000Z warning sync[7] a b\n");
  config.json = true;
  const std::string line = log_line(config, 0, "info", "sync", 7, "a\n\"\xff");
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  CHECK(nlohmann::json::parse(line)["level"] == "info");
}

TEST_CASE("a log file is rotated by size, and no line is lost while it is kept") {
  const test::TempDir folder;
  LogFileConfig config;
  config.path = folder.path() / "dw.log";
  config.max_bytes = 100;
  config.keep = 2;
  for (int i = 10; i < 22; ++i) append_to_log(config, std::to_string(i) + std::string(27, '.') + "\n");
  CHECK(test::read_file(config.path).starts_with("19"));
  CHECK(test::read_file(folder.path() / "dw.log.1").starts_with("16"));
  CHECK(test::read_file(folder.path() / "dw.log.2").starts_with("13"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "dw.log.3"));
  config.keep = 0;
  append_to_log(config, "a new line\n");
  CHECK(test::read_file(config.path) == "a new line\n");
}

TEST_CASE("a line that is longer than the whole file stands in one of its own") {
  const test::TempDir folder;
  LogFileConfig config;
  config.path = folder.path() / "dw.log";
  config.max_bytes = 10;
  append_to_log(config, std::string(50, 'x') + "\n");
  append_to_log(config, "y\n");
  CHECK(test::read_file(config.path) == "y\n");
  CHECK(std::filesystem::file_size(folder.path() / "dw.log.1") == 51);
}

TEST_CASE("the last lines of all that was said are kept, with what --quiet leaves out") {
  set_voice({.verb = "sync", .quiet = true});
  forget_last_lines();
  for (int i = 0; i < 60; ++i) say("line " + std::to_string(i));
  warn("a hook failed");
  const auto lines = last_lines();
  REQUIRE(lines.size() == 50);
  CHECK_THAT(lines.front(), Catch::Matches("[0-9:]{8} line 11"));
  CHECK_THAT(lines.back(), Catch::EndsWith(" warning: a hook failed"));
  forget_last_lines();
  CHECK(last_lines().empty());
  set_voice({});
}
