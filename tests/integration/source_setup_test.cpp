// scripts/set-up-source and scripts/set-up-rds: dw-extract works with what they made, they change nothing
// when all is there, and no secret comes into the log. The servers are real, Amazon is not: `aws` is
// tests/integration/stand_in/aws, and RDS's rotation a procedure of the test's own.
#include <algorithm>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/database_server.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

using namespace dw::test;
using nlohmann::json;

namespace {

// In a GRANT its _ would stand for any character.
constexpr const char* kSchema = "web_shop";
const std::vector<ServerKind> kKinds{ServerKind::mariadb, ServerKind::mysql};

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// Runs a script, with the stand-in for `aws` in its PATH. `amazon`: the folder that this keeps its state in.
ProcessResult run_script(const std::string& script, std::vector<std::string> arguments,
                         const std::filesystem::path& amazon) {
  arguments.insert(arguments.begin(), std::string(DW_SCRIPTS) + "/" + script);
  const std::string path = std::string(DW_STAND_IN) + ":" + std::getenv("PATH");
  return run(arguments, {.env = {{"STAND_IN_AWS", amazon.string()}, {"PATH", path}}});
}

// A server, an administrator's option file, and the scripts run beside it.
class Place {
 public:
  explicit Place(ServerKind kind, const ServerOptions& options = {})
      : server_(DatabaseServer::start(kind, options)) {
    server_.sql(
        "CREATE USER boss@'%' IDENTIFIED BY 'boss-word'; GRANT ALL ON *.* TO boss@'%' WITH GRANT OPTION");
    server_.write_option_file(file("admin.cnf"), "boss", "boss-word");
  }

  DatabaseServer& server() { return server_; }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return directory_ / name; }

  // What the script said, which is on stderr; it must end well.
  std::string set_up(const std::string& script, std::vector<std::string> arguments) {
    ProcessResult result = try_to_set_up(script, std::move(arguments));
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    return result.err;
  }
  ProcessResult try_to_set_up(const std::string& script, std::vector<std::string> arguments) {
    std::vector<std::string> words{"--admin",    file("admin.cnf"), "--extract",  file("extract.cnf"),
                                   "--database", kSchema,           "--database", "blog"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return run_script(script, std::move(words), directory_.path());
  }

  ProcessResult extract(const std::string& verb) {
    write_file(file("api.key"), "correct-horse-battery-staple\n", 0600);
    write_file(file("extract.json"),
               R"({"mysql": {"defaults_file": "extract.cnf"}, "api_key_file": "api.key", "databases": [")" +
                   std::string(kSchema) + "\", \"blog\"]}",
               0600);
    return run({DW_EXTRACT_PROGRAM, verb, "--config", file("extract.json")});
  }

  std::string log() { return server_.sql("SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log"); }
  std::string password() const {
    const std::string text = read_file(file("extract.cnf"));
    const std::size_t at = text.find("password = ") + 11;
    return text.substr(at, text.find('\n', at) - at);
  }

 private:
  TempDir directory_;
  DatabaseServer server_;
};

// Reading and rotating both work, nothing is left to warn of, and a first copy would be whole.
void check_that_it_serves(Place& place) {
  place.server().sql(
      "CREATE DATABASE IF NOT EXISTS web_shop; CREATE OR REPLACE VIEW web_shop.v AS SELECT 1; "
      "CREATE TABLE IF NOT EXISTS web_shop.t (id INT PRIMARY KEY); REPLACE INTO web_shop.t VALUES (4711); "
      "DROP FUNCTION IF EXISTS web_shop.f; CREATE FUNCTION web_shop.f() RETURNS INT DETERMINISTIC RETURN "
      "815; "
      "CREATE DATABASE IF NOT EXISTS webXshop; CREATE TABLE IF NOT EXISTS webXshop.t (id INT)");
  const ProcessResult status = place.extract("status");
  INFO(status.out << status.err);
  CHECK(status.exit_code == 0);
  CHECK(json::parse(status.out)["warnings"].empty());
  CHECK_THAT(place.extract("batch").out, Catch::Contains("web_shop.v AS SELECT 1"));
  const ProcessResult check = place.extract("check");
  CHECK(check.exit_code == 0);
  for (const json& one : json::parse(check.out).at("findings")) {
    INFO(one.dump());
    CHECK(one.at("level") == "good");
  }
  const ProcessResult snapshot = place.extract("snapshot");
  CHECK(snapshot.exit_code == 0);
  CHECK_THAT(snapshot.out, Catch::Contains("4711"));
  CHECK_THAT(place.extract("catalog").out, Catch::Contains("RETURN 815"));
  // And no other schema, though its name fits the pattern that the name would be.
  CHECK(run({find_program("mariadb").empty() ? "mysql" : "mariadb",
             "--defaults-file=" + place.file("extract.cnf").string(), "-e", "SELECT * FROM webXshop.t"})
            .exit_code != 0);
}

}  // namespace

TEST_CASE("set-up-source makes a server ready, once") {
  for (const ServerKind kind : kKinds) {
    if (!require_server(kind)) continue;
    INFO(to_string(kind));
    Place place(kind);
    const std::vector<std::string> arguments{"--persist", place.file("dw.cnf")};

    std::vector<std::string> dry = arguments;
    dry.emplace_back("--dry-run");
    const std::string planned = place.set_up("set-up-source", dry);
    CHECK_THAT(planned, Catch::Contains("would: granted PROCESS on *.*"));
    CHECK_FALSE(std::filesystem::exists(place.file("extract.cnf")));
    CHECK(place.server().sql("SELECT COUNT(*) FROM mysql.user WHERE User = 'dw_extract'") == "0\n");
    CHECK(place.server().sql("SELECT @@general_log") == "0\n");

    const std::string done = place.set_up("set-up-source", arguments);
    CHECK(lines_of(done) == lines_of(planned));
    CHECK(place.server().sql("SELECT @@log_output, @@general_log") == "TABLE\t1\n");
    check_that_it_serves(place);
    CHECK(place.extract("rotate").exit_code == 0);
    CHECK(place.set_up("set-up-source", arguments).empty());

    // MySQL keeps the settings itself, MariaDB reads the file.
    if (kind == ServerKind::mysql) {
      CHECK(place.server().sql(
                "SELECT VARIABLE_NAME, VARIABLE_VALUE FROM performance_schema.persisted_variables "
                "ORDER BY 1") == "general_log\tON\nlog_output\tTABLE\n");
    } else {
      CHECK(run_or_throw({"my_print_defaults", "--defaults-file=" + place.file("dw.cnf").string(),
                          "mysqld"}) == "--log_output=TABLE\n--general_log=1\n");
    }
  }
}

TEST_CASE("set-up-source mends what is missing, and only that") {
  for (const ServerKind kind : kKinds) {
    if (!require_server(kind)) continue;
    INFO(to_string(kind));
    Place place(kind, {.general_log_file = true});
    place.set_up("set-up-source", {});
    // A log that is written to a file goes on being written there.
    CHECK(place.server().sql("SELECT @@log_output") == "FILE,TABLE\n");

    place.server().sql("REVOKE DROP ON mysql.general_log2 FROM dw_extract@'%'; SET GLOBAL general_log = 0");
    const std::string said = place.set_up("set-up-source", {});
    CHECK_THAT(said, Catch::Contains("granted SELECT, CREATE, ALTER, DROP on mysql.general_log2"));
    CHECK_THAT(said, Catch::Contains("set general_log = ON"));
    CHECK_THAT(said, !Catch::Contains("general_log_backup") && !Catch::Contains("account"));
    check_that_it_serves(place);

    // Another password in the file, while the log is on: the log does not get to see it.
    write_file(place.file("extract.cnf"),
               "[client]\nhost = 127.0.0.1\nport = " + std::to_string(place.server().port()) +
                   "\nuser = dw_extract\npassword = another-Word.9\n",
               0600);
    CHECK_THAT(place.set_up("set-up-source", {}), Catch::Contains("the password of"));
    check_that_it_serves(place);
    CHECK_THAT(place.log(), Catch::Contains("ALTER USER") && !Catch::Contains("another-Word.9"));
  }
}

TEST_CASE("set-up-source refuses what it cannot do safely") {
  Place place(ServerKind::mariadb);
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& reason) {
    const ProcessResult result = place.try_to_set_up("set-up-source", arguments);
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.err, Catch::Contains(reason));
  };
  refused({"--host", "x'; DROP"}, "is no host name");
  refused({"--colour"}, "unknown option");
  refused({"--database", "shop`.* TO x; --"}, "is no name");
  CHECK_THAT(
      run_script("set-up-source", {"--admin", place.file("admin.cnf"), "--extract", "x.cnf"}, place.file(""))
          .err,
      Catch::Contains("--database is needed"));
  write_file(place.file("other.cnf"), "[mysqld]\nport = 1\n", 0600);
  refused({"--persist", place.file("other.cnf")}, "holds other things");
  CHECK(read_file(place.file("other.cnf")) == "[mysqld]\nport = 1\n");
  write_file(place.file("extract.cnf"), "[client]\nuser = dw_extract\npassword = it's\n", 0600);
  refused({}, "the password must be");
  write_file(place.file("extract.cnf"), "[client]\nuser = dw_extract\npassword = a\n", 0644);
  refused({}, "readable by others");
  write_file(place.file("admin.cnf"), "[client]\nhost = 127.0.0.1\nport = 1\n", 0600);
  refused({}, "cannot connect");
}

namespace {

constexpr const char* kInstances = R"({
  "instances": {"shop": {"DBInstanceIdentifier": "shop", "Engine": "ENGINE", "DBInstanceStatus": "available",
    "DBParameterGroups": [{"DBParameterGroupName": "GROUP", "ParameterApplyStatus": "in-sync"}]},
    "other": {"DBInstanceIdentifier": "other", "Engine": "mysql", "DBInstanceStatus": "available",
    "DBParameterGroups": [{"DBParameterGroupName": "shared", "ParameterApplyStatus": "in-sync"}]}},
  "groups": {"default.mysql8.4": {"family": "mysql8.4", "parameters": {}},
             "own": {"family": "mysql8.4", "parameters": {"log_output": "FILE"}},
             "shared": {"family": "mysql8.4", "parameters": {}}}})";

// The stand-in's Amazon, which a folder holds: an instance `shop` and others' groups.
class Amazon {
 public:
  explicit Amazon(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // What it has, with the instance's engine and its parameter group.
  void reset(const std::string& engine, const std::string& group) const {
    std::string text = kInstances;
    text.replace(text.find("ENGINE"), 6, engine);
    text.replace(text.find("GROUP"), 5, group);
    reset(text);
  }
  void reset(const std::string& state) const {
    write_file(folder_ / "state.json", state);
    write_file(folder_ / "calls.log", "");
  }

  [[nodiscard]] json parameters_of(const std::string& group) const {
    return json::parse(read_file(folder_ / "state.json"))["groups"][group]["parameters"];
  }

  // The calls since the last question that change something, without their arguments.
  [[nodiscard]] std::string changes() const {
    std::string out;
    std::istringstream calls(read_file(folder_ / "calls.log"));
    for (std::string call; std::getline(calls, call);) {
      if (call.find("rds describe") == std::string::npos && call.find("rds wait") == std::string::npos)
        out += call.substr(4, call.find(' ', 4) - 4) + "\n";
    }
    write_file(folder_ / "calls.log", "");
    return out;
  }

 private:
  std::filesystem::path folder_;
};

const json kWanted{{"log_output", "TABLE"}, {"general_log", "1"}};

}  // namespace

TEST_CASE("set-up-rds, with stand-ins for Amazon: an instance with the default group gets one of its own") {
  for (const ServerKind kind : kKinds) {
    if (!require_server(kind)) continue;
    INFO(to_string(kind));
    Place place(kind, {.general_log_table = true});
    place.server().sql(
        "CREATE PROCEDURE mysql.rds_rotate_general_log() CREATE TABLE mysql.general_log_backup LIKE "
        "mysql.general_log");
    const Amazon amazon(place.file(""));
    amazon.reset(std::string(to_string(kind)), "default.mysql8.4");

    const std::string planned = place.set_up("set-up-rds", {"--instance", "shop", "--dry-run"});
    CHECK_THAT(planned,
               Catch::Contains("would: made the parameter group dw-shop: aws rds create-db-parameter-group"));
    CHECK(amazon.changes().empty());

    const std::string first = place.set_up("set-up-rds", {"--instance", "shop"});
    CHECK_THAT(first, Catch::Contains("rotated the log once") && Catch::Contains("counts after a reboot"));
    CHECK(amazon.changes() ==
          "create-db-parameter-group\nmodify-db-parameter-group\nmodify-db-parameter-group\nmodify-db-"
          "instance\n");
    CHECK(amazon.parameters_of("dw-shop") == kWanted);
    CHECK_THAT(place.log(), Catch::Contains("CREATE USER") && !Catch::Contains(place.password()));

    CHECK(place.set_up("set-up-rds", {"--instance", "shop", "--reboot"}) == "rebooted shop\n");
    CHECK(amazon.changes() == "reboot-db-instance\n");
    CHECK(place.set_up("set-up-rds", {"--instance", "shop", "--reboot"}).empty());
    CHECK(amazon.changes().empty());
    check_that_it_serves(place);
  }
}

TEST_CASE("set-up-rds, with stand-ins for Amazon: a group of one's own is changed in place") {
  const TempDir folder;
  const Amazon amazon(folder.path());
  const auto set_up = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"--instance", "shop"};
    words.insert(words.end(), more.begin(), more.end());
    return run_script("set-up-rds", std::move(words), folder.path());
  };
  amazon.reset("mysql", "own");
  CHECK(set_up({}).err == "set log_output = TABLE in own\nset general_log = 1 in own\n");
  CHECK(amazon.parameters_of("own") == kWanted);
  CHECK(amazon.changes() == "modify-db-parameter-group\nmodify-db-parameter-group\n");
  CHECK(set_up({}).err.empty());
  CHECK(amazon.changes().empty());

  // Amazon takes its time.
  const ProcessResult slow =
      run({"env", "STAND_IN_AWS_WAIT=5", "PATH=" + std::string(DW_STAND_IN) + ":" + std::getenv("PATH"),
           "STAND_IN_AWS=" + folder.path().string(), std::string(DW_SCRIPTS) + "/set-up-rds", "--instance",
           "shop"});
  CHECK_THAT(slow.err, Catch::Matches("20[0-9T:-]*Z waiting until shop is available \\[0:03\\]\n"));

  const auto refused = [&](const std::string& reason) {
    const ProcessResult result = set_up({});
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.err, Catch::Contains(reason));
    CHECK(amazon.changes().empty());
  };
  amazon.reset("mysql", "shared");
  refused("is also that of: other");
  CHECK(set_up({"--shared-group"}).exit_code == 0);
  CHECK(amazon.parameters_of("shared") == kWanted);
  amazon.reset("aurora-mysql", "own");
  refused("Aurora");
  amazon.reset(R"({"instances": {}, "groups": {}})");
  refused("did not tell about the instance");
}
