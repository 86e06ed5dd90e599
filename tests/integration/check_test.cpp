// `check` of both programs: a good set-up has nothing wrong, and what is broken is named with a line that
// mends it. Lines that are SQL are run, and mend it.

#include <algorithm>
#include <set>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/http_listener.h"
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

// As a server leaves it that was killed.
void leave_socket(const std::string& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  CHECK(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::close(descriptor);
}

}  // namespace

TEST_CASE("what is wrong is named with the line that mends it") {
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      options.mirror_server = {"--log-bin=bin", "--server-id=7", "--log-bin-trust-function-creators=1"};
      MirrorPair pair(options);
      pair.source().sql("CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY)");
      const ProcessResult text = pair.load({"check"});
      INFO(text.out << text.err);
      CHECK(text.exit_code == 0);
      CHECK_THAT(text.out, Catch::Contains("0 wrong"));
      CHECK_THAT(text.out, Catch::Contains("ok       source: certificate: valid for"));
      CHECK_THAT(text.out, Catch::Contains("mirror: checkpoint: the mirror is empty"));
      CHECK(pair.mirror().sql("SHOW DATABASES LIKE 'dw_meta'").empty());
      CHECK_FALSE(std::filesystem::exists(pair.file("spool")));
      CHECK_THAT(text.out, Catch::Contains("ok       source: version: dw-extract "));
      CHECK_THAT(text.out, Catch::Contains("ok       mirror: lower_case_table_names: 0, as the source's"));
      pair.sync();

      const Fault at_source[] = {
          {"SET GLOBAL general_log = 0", "source: general log", "wrong", 4},
          {"SET GLOBAL log_output = 'FILE'", "source: log_output", "wrong", 4},
          {"REVOKE PROCESS ON *.* FROM 'dw_extract'@'%'", "source: PROCESS", "warning", 0},
      };
      for (const Fault& fault : at_source) check_mends(pair, pair.source(), fault);
      const Fault at_mirror[] = {
          {"REVOKE TRIGGER ON app.* FROM 'dw_load'@'%'", "mirror: schema app", "wrong", 7},
          {R"(REVOKE UPDATE ON `dw\_meta`.* FROM 'dw_load'@'%')", "mirror: schema dw_meta", "wrong", 7},
          {"SET GLOBAL read_only = 1", "mirror: read_only", "wrong", 7},
          {"SET GLOBAL log_bin_trust_function_creators = 0", "mirror: triggers and functions", "wrong", 7},
          {"SET GLOBAL max_allowed_packet = 1048576", "mirror: max_allowed_packet", "warning", 0},
      };
      for (const Fault& fault : at_mirror) check_mends(pair, pair.mirror(), fault);
      if (options.mirror == ServerKind::mysql) {
        check_mends(pair, pair.mirror(),
                    {"REVOKE SESSION_VARIABLES_ADMIN ON *.* FROM 'dw_load'@'%'", "mirror: session settings",
                     "wrong", 7});
      }
    }
  }
}

TEST_CASE("without a list of schemas, the rights on all of the source's are looked at") {
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      options.databases = "[]";
      options.retention = "in-place";
      MirrorPair pair(options);
      pair.source().sql("CREATE DATABASE app; CREATE DATABASE stranger_things");
      pair.source().sql("GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO 'dw_extract'@'%'");
      const json findings = findings_of(pair, 7);
      CHECK(about(findings, "mirror: schema app").at("level") == "good");
      CHECK(about(findings, "mirror: schema app_archive").at("level") == "good");
      std::set<std::string> looked_at;
      for (const json& one : findings) {
        if (one.at("level") != "wrong") continue;
        looked_at.insert(one.at("about"));
        pair.mirror().sql(one.at("mend").get<std::string>());
      }
      CHECK(looked_at == std::set<std::string>{"mirror: schema stranger_things",
                                               "mirror: schema stranger_things_all",
                                               "mirror: schema stranger_things_archive"});
      findings_of(pair, 0);
      // The _ is no wildcard in what mended it.
      CHECK_THAT(pair.mirror().sql("SHOW GRANTS FOR 'dw_load'@'%'"),
                 Catch::Contains("stranger\\\\_things") && !Catch::Contains("stranger_things"));
    }
  }
}

TEST_CASE("the body of a function that somebody else made on the mirror") {
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    DYNAMIC_SECTION(to_string(kind)) {
      PairOptions options;
      options.mirror = kind;
      MirrorPair pair(options);
      pair.mirror().sql(
          "SET GLOBAL log_bin_trust_function_creators = 1; CREATE DATABASE app; "
          "CREATE FUNCTION app.f() RETURNS INT DETERMINISTIC RETURN 1");
      const json found = about(findings_of(pair, 7), "mirror: bodies of functions");
      CHECK(found.at("level") == "wrong");
      CHECK(pair.load({"sync"}).exit_code == 7);
      pair.mirror().sql(found.at("mend").get<std::string>());
      CHECK(about(findings_of(pair, 0), "mirror: bodies of functions").at("level") == "good");
      pair.sync();
    }
  }
}

// Root may write everywhere but where nobody can.
TEST_CASE("places that cannot be written to are named, and nothing is made") {
  if (::geteuid() != 0) {
    WARN("not root: a file system that is read-only is not tried");
    return;
  }
  PairOptions options;
  options.log_file = true;
  MirrorPair pair(options);
  pair.write_load_config(pair.url(), R"(, "attempts": 1)", R"(, "log_file": {"path": "logs/dw.log"})");
  std::filesystem::create_directory(pair.file("logs"));
  const auto check = [&](const std::string& read_only) {
    const ProcessResult result = run({"unshare", "--mount", "sh", "-c",
                                      "if [ -n \"$2\" ]; then mount -t tmpfs -o ro none \"$2\"; fi; exec "
                                      "\"$0\" check --json --config \"$1\"",
                                      DW_LOAD_PROGRAM, pair.file("load.json"), read_only});
    INFO(result.err);
    return json::parse(result.out).at("findings");
  };
  const json good = check("");
  CHECK(about(good, "this machine: spool").at("level") == "good");
  CHECK(about(good, "this machine: log file").at("level") == "good");
  CHECK(about(good, "source: state file").at("level") == "good");
  CHECK_FALSE(std::filesystem::exists(pair.file("spool")));
  CHECK_FALSE(std::filesystem::exists(pair.file("logs/dw.log")));

  std::filesystem::create_directory(pair.file("spool"));
  const json spool = about(check(pair.file("spool")), "this machine: spool");
  CHECK(spool.at("level") == "wrong");
  CHECK_THAT(spool.at("what").get<std::string>(), Catch::Contains("Read-only file system"));
  CHECK(about(check(pair.file("logs")), "this machine: log file").at("level") == "wrong");
  std::filesystem::remove(pair.file("logs"));
  CHECK(about(check(""), "this machine: log file").at("exit_code") == 1);
  std::filesystem::create_directory(pair.file("extract.state"));
  CHECK(about(check(""), "source: state file").at("level") == "warning");
}

TEST_CASE("a dw-extract of another version is named") {
  PairOptions options;
  options.web = Web::none;
  MirrorPair pair(options);
  HttpListener source;
  source.answer(
      {.body = R"({"version": "0.0.1", "server_version": "10.11.19-MariaDB", "now": "2026-01-01T00:00:00Z",
      "databases": ["app"], "findings": []})"});
  pair.write_load_config(source.url(), R"(, "attempts": 1)", "");
  const json found = about(findings_of(pair, 0), "source: version");
  CHECK(found.at("level") == "warning");
  CHECK_THAT(found.at("what").get<std::string>(), Catch::StartsWith("dw-extract is 0.0.1, dw-load is "));
}

TEST_CASE("who cannot be reached is a finding, and the rest is looked at all the same") {
  PairOptions options;
  MirrorPair pair(options);
  write_file(pair.file("load.key"), "some-other-key-that-is-wrong\n", 0600);
  const json findings = findings_of(pair, 8);
  CHECK(about(findings, "source: reached").at("level") == "wrong");
  CHECK(about(findings, "mirror: version").at("level") == "good");
}

TEST_CASE("a certificate that ends soon is named, and one that has ended is wrong") {
  PairOptions options;
  options.web = Web::none;
  MirrorPair pair(options);
  using Validity = CertificateAuthority::Validity;
  const auto findings_with = [&](Validity validity, int exit_code) {
    CertificateAuthority authority;
    const WebServer web = WebServer::lighttpd(
        {DW_EXTRACT_PROGRAM, pair.file("extract.json"), authority.issue("server", validity)});
    pair.write_load_config(web.url(), R"(, "attempts": 1)", "");
    std::filesystem::copy_file(authority.ca_file(), pair.ca_file(),
                               std::filesystem::copy_options::overwrite_existing);
    return findings_of(pair, exit_code);
  };
  const json soon = about(findings_with(Validity::ends_soon, 0), "source: certificate");
  CHECK(soon.at("level") == "warning");
  CHECK_THAT(soon.at("what").get<std::string>(), Catch::Matches("valid for (9|10) days"));
  const json ended = about(findings_with(Validity::expired, 6), "source: reached");
  CHECK(ended.at("level") == "wrong");
  CHECK_THAT(ended.dump(), Catch::Contains("certificate"));
}

TEST_CASE("clocks that disagree, and statements that would be too long for the mirror") {
  PairOptions options;
  options.web = Web::none;
  MirrorPair pair(options);
  HttpListener source;
  source.answer({.body = R"({"server_version": "9.7.0", "now": "2026-01-01T00:00:00Z",
      "max_allowed_packet": "1073741824", "databases": ["app"], "findings": []})"});
  pair.write_load_config(source.url(), R"(, "attempts": 1)", "");
  const json findings = findings_of(pair, 0);
  CHECK(about(findings, "source: clock").at("level") == "warning");
  CHECK_THAT(about(findings, "source: clock").at("mend").get<std::string>(), Catch::Contains("NTP"));
  CHECK_THAT(about(findings, "mirror: max_allowed_packet").at("mend").get<std::string>(),
             Catch::StartsWith("SET GLOBAL max_allowed_packet = 1073741824"));
  CHECK_THAT(about(findings, "mirror: dialect").at("what").get<std::string>(),
             Catch::Contains("production is MySQL"));
}

TEST_CASE("time zones that a mirror lacks are named with the program that loads them") {
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    DYNAMIC_SECTION(to_string(kind)) {
      PairOptions options;
      options.mirror = kind;
      options.web = Web::none;
      MirrorPair pair(options);
      pair.mirror().sql("DELETE FROM mysql.time_zone_name");
      const json zones = about(findings_of(pair, 6), "mirror: time zones");
      CHECK(zones.at("level") == "warning");
      CHECK_THAT(
          zones.at("mend").get<std::string>(),
          Catch::StartsWith(kind == ServerKind::mysql ? "mysql_tzinfo_to_sql" : "mariadb-tzinfo-to-sql"));
    }
  }
}

TEST_CASE("files that others can read are refused, with the line that mends it") {
  MirrorPair pair({});
  const auto mend_of = [&](const std::string& file, int exit_code, const std::string& name) {
    const auto path = pair.file(file);
    std::filesystem::permissions(path, std::filesystem::perms(0644));
    const json found = about(findings_of(pair, exit_code), name);
    CHECK(found.at("level") == "wrong");
    CHECK_THAT(found.at("what").get<std::string>(), Catch::Contains("readable by everybody"));
    run_or_throw({"sh", "-c", found.at("mend").get<std::string>()}, {.cwd = pair.file("")});
    CHECK(about(findings_of(pair, 0), "source: reached").at("level") == "good");
  };
  mend_of("load.key", 2, "config");
  mend_of("mirror.cnf", 2, "config");
}

TEST_CASE("a spool folder that is too small for a large batch is named") {
  if (::geteuid() != 0) {
    WARN("not root: a full disk is not tried");
    return;
  }
  PairOptions options;
  options.web = Web::none;
  MirrorPair pair(options);
  const ProcessResult result =
      run({"unshare", "--mount", "sh", "-c",
           "mkdir -p \"$2\" && mount -t tmpfs -o size=1m none \"$2\" && exec \"$0\" check --config \"$1\"",
           DW_LOAD_PROGRAM, pair.file("load.json"), pair.file("spool")});
  INFO(result.err);
  CHECK_THAT(result.out, Catch::Contains("warning  this machine: spool: ") &&
                             Catch::Contains("one large batch would not fit"));
}

// As on a QNAP NAS: two servers, whose sockets are not where the option file leads (facts.md).
TEST_CASE("a server that listens on another socket of this machine is named, and one that has gone is not") {
  if (::geteuid() != 0) {
    WARN("not root: sockets in /run are not tried");
    return;
  }
  MirrorPair pair({});
  leave_socket(pair.file("gone"));
  // dw-load, where /run has two sockets: of the mirror, if that is wanted, and of a server that was killed.
  const auto load = [&](const std::string& verb, bool mirror_listens) {
    return run({"unshare", "--mount", "sh", "-c",
                "mount -t tmpfs none /run && mkdir /run/mysqld && ln -s \"$3\" /run/mysqld/mysqld.sock && "
                "ln -s \"$4\" /run/mariadb10.sock && exec \"$0\" $1 --config \"$2\"",
                DW_LOAD_PROGRAM, verb, pair.file("load.json"), pair.file("gone"),
                mirror_listens ? pair.mirror().socket_path() : pair.file("nowhere")});
  };
  const auto mend_of = [](const ProcessResult& result) {
    INFO(result.out << result.err);
    CHECK(result.exit_code == 7);
    return about(json::parse(result.out).at("findings"), "mirror: reached").at("mend").get<std::string>();
  };
  const std::string good = read_file(pair.file("mirror.cnf"));
  const std::string account = good.substr(good.find("user="));
  const auto lead_to = [&](const std::string& place) {
    write_file(pair.file("mirror.cnf"), "[client]\n" + place + "\n" + account, 0600);
  };
  for (const char* wrong : {"socket=/nowhere/mysql.sock", "host=127.0.0.1\nport=1"}) {
    CAPTURE(wrong);
    lead_to(wrong);
    const std::string mend = mend_of(load("check --json", true));
    CHECK_THAT(mend, Catch::Contains("mirror.cnf; a server listens on /var/run/mariadb10.sock (port 3307)"));
    CHECK_THAT(mend, !Catch::Contains("mysqld.sock"));
    const ProcessResult sync = load("sync", true);
    CHECK(sync.exit_code == 7);
    CHECK_THAT(sync.err, Catch::Contains("a server listens on /var/run/mariadb10.sock"));
    CHECK_THAT(mend_of(load("check --json", false)), !Catch::Contains("mariadb10.sock"));
  }
  lead_to("socket=/var/run/mariadb10.sock");
  const ProcessResult mended = load("check", true);
  INFO(mended.out << mended.err);
  CHECK(mended.exit_code == 0);
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
