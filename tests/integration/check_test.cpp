// `check` of both programs: a good set-up has nothing wrong, and what is broken is named with a line that
// mends it. Lines that are SQL are run, and mend it.

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
using nlohmann::json;

namespace {

json findings_of(MirrorPair& pair, int exit_code) {
  const ProcessResult result = pair.load({"check", "--json"});
  INFO(result.out << result.err);
  CHECK(result.exit_code == exit_code);
  return json::parse(result.out).at("findings");
}

json about(const json& findings, const std::string& name) {
  for (const json& one : findings) {
    if (one.at("about") == name) return one;
  }
  FAIL("nothing is said about \"" << name << "\" in " << findings.dump(1));
  return {};
}

struct Fault {
  const char* sql;
  const char* about;
  const char* level;
  int exit_code;
};

// Breaks, sees it named, runs the line that is said to mend it, sees it good.
void check_mends(MirrorPair& pair, DatabaseServer& server, const Fault& fault) {
  CAPTURE(fault.sql);
  server.sql(fault.sql);
  const json found = about(findings_of(pair, fault.exit_code), fault.about);
  CHECK(found.at("level") == fault.level);
  const std::string mend = found.at("mend");
  server.sql(mend.substr(0, mend.find(", and in the")));
  CHECK(about(findings_of(pair, 0), fault.about).at("level") == "good");
}

}  // namespace

TEST_CASE("what is wrong is named with the line that mends it") {
  for (const PairOptions& options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(options);
      pair.source().sql("CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY)");
      const ProcessResult text = pair.load({"check"});
      INFO(text.out << text.err);
      CHECK(text.exit_code == 0);
      CHECK_THAT(text.out, Catch::Contains("0 wrong"));
      CHECK_THAT(text.out, Catch::Contains("ok       source: certificate: valid for"));
      CHECK_THAT(text.out, Catch::Contains("mirror: checkpoint: the mirror is empty"));
      CHECK(pair.mirror().sql("SHOW DATABASES LIKE 'dw_meta'").empty());
      pair.sync();

      const Fault at_source[] = {
          {"SET GLOBAL general_log = 0", "source: general log", "wrong", 4},
          {"SET GLOBAL log_output = 'FILE'", "source: log_output", "wrong", 4},
          {"REVOKE PROCESS ON *.* FROM 'dw_extract'@'%'", "source: PROCESS", "warning", 0},
      };
      for (const Fault& fault : at_source) check_mends(pair, pair.source(), fault);
      const Fault at_mirror[] = {
          {"REVOKE TRIGGER ON app.* FROM 'dw_load'@'%'", "mirror: schema app", "wrong", 7},
          {"SET GLOBAL read_only = 1", "mirror: read_only", "wrong", 7},
          {"SET GLOBAL max_allowed_packet = 1048576", "mirror: max_allowed_packet", "warning", 0},
      };
      for (const Fault& fault : at_mirror) check_mends(pair, pair.mirror(), fault);
    }
  }
}

TEST_CASE("who cannot be reached is a finding, and the rest is looked at all the same") {
  PairOptions options;
  MirrorPair pair(options);
  write_file(pair.file("load.key"), "some-other-key-that-is-wrong\n", 0600);
  const json findings = findings_of(pair, 8);
  CHECK(about(findings, "source: reached").at("level") == "wrong");
  CHECK(about(findings, "mirror: version").at("level") == "good");
}

TEST_CASE("a config that cannot be read is the only finding") {
  PairOptions options;
  options.web = Web::none;
  MirrorPair pair(options);
  write_file(pair.file("load.json"), R"({"source": {}})", 0600);
  const json findings = findings_of(pair, 2);
  CHECK(findings.size() == 1);
  CHECK_THAT(about(findings, "config").at("what").get<std::string>(), Catch::Contains("is missing"));
}

TEST_CASE("dw-extract check at a shell prints JSON where nobody looks on") {
  PairOptions options;
  options.web = Web::none;
  MirrorPair pair(options);
  const ProcessResult result = pair.extract({"check"});
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK(about(json::parse(result.out).at("findings"), "mysql.general_log").at("level") == "good");
}
