// Wrong keys, certificates, configs and rights, and servers that are down: each is refused with a line that
// says what to do, an exit code of its own, and a mirror on which nothing has changed.

#include "tests/support/catch.h"
#include "tests/support/refusal_bench.h"

using namespace dw::test;

namespace {

// One pair for all cases that leave it as it was; synced once, with something new to pull.
RefusalBench& bench() {
  static RefusalBench* const one = [] {
    static RefusalBench made;
    made.pair().source().sql(
        "CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, a INT); INSERT INTO "
        "app.t (a) VALUES (1)");
    made.pair().sync();
    made.pair().source().sql("INSERT INTO app.t (a) VALUES (2)");
    return &made;
  }();
  one->restore();
  return *one;
}

// dw-load with the files as they are now, then with good ones: what was refused is made up for.
void check_recovers(RefusalBench& b) {
  b.restore();
  b.pair().source().sql("INSERT INTO app.t (a) VALUES (3)");
  b.pair().sync();
  CHECK(rows_of(b.pair().mirror(), "app.t") == rows_of(b.pair().source(), "app.t"));
}

void make_poor_account(RefusalBench& b, const std::string& rights) {
  b.pair().mirror().sql("DROP USER IF EXISTS poor@'%'; CREATE USER poor@'%' IDENTIFIED BY 'poor-man'; " +
                        rights);
  b.pair().mirror().write_option_file(b.pair().file("poor.cnf"), "poor", "poor-man");
  b.edit("load.json", "mirror.cnf", "poor.cnf");
}

}  // namespace

TEST_CASE("a wrong key is refused by the source") {
  RefusalBench& b = bench();
  write_file(b.pair().file("load.key"), "some-other-key\n", 0600);
  const std::string line =
      b.refuses(8, {"answered 401", "the key in source.api_key_file must be the one in the source's config"});
  CHECK(line.find("some-other-key") == std::string::npos);
  check_recovers(b);
}

TEST_CASE("a key file that is missing or empty") {
  RefusalBench& b = bench();
  write_file(b.pair().file("load.key"), "", 0600);
  b.refuses(2, {"load.key is empty", "write the secret on its first line"});
  write_file(b.pair().file("load.key"), "  \n", 0600);
  b.refuses(2, {"load.key is empty"});
  std::filesystem::remove(b.pair().file("load.key"));
  b.refuses(2, {"API key file", "load.key cannot be read", "No such file"});
  b.edit("load.json", R"("api_key_file": "load.key", )", "");
  b.refuses(2, {"\"source.api_key_file\" is missing", "README"});
}

TEST_CASE("a first run that is refused leaves an empty mirror empty") {
  RefusalBench& b = bench();
  DatabaseServer& mirror = b.pair().mirror();
  b.pair().wipe_mirror();
  write_file(b.pair().file("load.key"), "some-other-key\n", 0600);
  b.refuses(8, {"answered 401"});
  CHECK(content_of(mirror).empty());
  b.restore();
  const ProcessResult dry = b.pair().load({"sync", "--dry-run"});
  CHECK(dry.exit_code == 0);
  CHECK_THAT(dry.out, Catch::Contains("dry run"));
  CHECK(content_of(mirror).empty());
  check_recovers(b);
}

TEST_CASE("a certificate that another authority signed, that is too old, or for another host") {
  RefusalBench& b = bench();
  CertificateAuthority other;
  const std::string good_url = b.pair().url();
  struct Case {
    const char* name;
    Certificate certificate;
    bool trusted;
  };
  const Case cases[] = {{"other authority", other.issue("good"), false},
                        {"expired", other.issue("old", CertificateAuthority::Validity::expired), true},
                        {"other host", other.issue_for_host("elsewhere", "db.example.org"), true}};
  for (const Case& one : cases) {
    INFO(one.name);
    b.restore();
    WebServer web = WebServer::lighttpd({DW_EXTRACT_PROGRAM, b.pair().file("extract.json"), one.certificate});
    b.edit("load.json", good_url, web.url());
    if (one.trusted) {
      const std::string text = read_file(b.pair().file("load.json"));
      const std::size_t at = text.find("\"ca_file\": \"") + 12;
      b.edit("load.json", text.substr(at, text.find('"', at) - at), other.ca_file().string());
    }
    b.refuses(6, {"cannot be read",
                  "its certificate is not signed by the authority in ca_file, or is for another name"});
  }
}

TEST_CASE("a config with an unknown key names the nearest known one") {
  RefusalBench& b = bench();
  b.edit("load.json", "\"spool_dir\"", "\"spooldir\": \"x\", \"spool_dir\"");
  b.refuses(2, {"\"spooldir\" is not a known key", "did you mean \"spool_dir\"?"});
  b.restore();
  b.edit("load.json", "\"ca_file\"", "\"atempts\": 3, \"ca_file\"");
  b.refuses(2, {"\"source.atempts\" is not a known key", "did you mean \"source.attempts\"?"});
  b.edit("extract.json", "\"databases\"", "\"database\": [], \"databases\"");
  check_refusal(b.pair().extract({"batch"}), "dw-extract", 2,
                {"\"database\" is not a known key", "did you mean \"databases\"?"});
}

TEST_CASE("a config that is no JSON, or has a value that cannot be") {
  RefusalBench& b = bench();
  write_file(b.pair().file("load.json"), "{\n\"source\": {\n", 0600);
  b.refuses(2, {"load.json, line 3: not valid JSON", "look for a missing quote, comma or brace there"});
  b.restore();
  b.edit("load.json", "https://", "http://");
  b.edit("load.json", "127.0.0.1", "db.example.org");
  b.refuses(2, {"\"source.url\"", "it must start with https://"});
  b.restore();
  b.edit("load.json", "\"attempts\": 1", "\"attempts\": 0");
  b.refuses(2, {"\"source.attempts\" is 0", "it must be from 1 to 20"});
}

TEST_CASE("files that a config names and that are not there") {
  RefusalBench& b = bench();
  const std::string ghost = b.pair().file("ghost.json");
  check_refusal(run({DW_LOAD_PROGRAM, "--config", ghost}), "dw-load", 2,
                {ghost + " does not exist", "--config FILE", "$DW_LOAD_CONFIG"});
  check_refusal(run({DW_EXTRACT_PROGRAM, "--config", ghost}), "dw-extract", 2,
                {ghost + " does not exist", "--config FILE", "$DW_EXTRACT_CONFIG"});
  b.edit("load.json", "mirror.cnf", "ghost.cnf");
  b.refuses(2, {"MySQL option file", "ghost.cnf cannot be read", "No such file"});
  b.restore();
  const std::string text = read_file(b.pair().file("load.json"));
  const std::size_t at = text.find("\"ca_file\": \"") + 12;
  b.edit("load.json", text.substr(at, text.find('"', at) - at), "ghost.pem");
  b.refuses(2, {"certificate authority file", "ghost.pem cannot be read"});
  b.edit("extract.json", "extract.cnf", "ghost.cnf");
  check_refusal(b.pair().extract({"batch"}), "dw-extract", 2, {"ghost.cnf cannot be read"});
}

TEST_CASE("secrets that everybody can read") {
  RefusalBench& b = bench();
  const auto world = [&](const char* name) {
    std::filesystem::permissions(b.pair().file(name), std::filesystem::perms(0644));
    return "chmod o-rwx " + b.pair().file(name).string();
  };
  b.refuses(2, {"API key file", "load.key is readable by everybody", world("load.key")});
  std::filesystem::permissions(b.pair().file("load.key"), std::filesystem::perms(0600));
  b.refuses(2, {"MySQL option file", "mirror.cnf is readable by everybody", world("mirror.cnf")});
  const std::string hint = world("extract.cnf");
  check_refusal(b.pair().extract({"batch"}), "dw-extract", 2, {"extract.cnf is readable by everybody", hint});
  for (const char* name : {"load.key", "mirror.cnf", "extract.cnf"}) {
    std::filesystem::permissions(b.pair().file(name), std::filesystem::perms(0600));
  }
  world("api.key");  // the source's own: the loader is told no more than that the source is not set up
  b.refuses(6, {"answered 500", "dw-extract is not set up correctly",
                "the reason is in the web server's error log"});
  CHECK_THAT(b.pair().web().error_log(), Catch::Contains("api.key is readable by everybody"));
  std::filesystem::permissions(b.pair().file("api.key"), std::filesystem::perms(0600));
  check_recovers(b);
}

TEST_CASE("the source's web server is down") {
  RefusalBench& b = bench();
  b.pair().web().stop();
  b.refuses(6,
            {"cannot be read", "check that the web server runs and that the firewall lets this machine in"});
  b.pair().web().start_again();
  check_recovers(b);
}

TEST_CASE("a host that does not exist, or a path where nothing is") {
  RefusalBench& b = bench();
  b.edit("load.json", "https://127.0.0.1", "https://no-such-host.invalid");
  b.refuses(6, {"no-such-host.invalid", "check the host name in the URL and this machine's DNS"});
  b.restore();
  b.edit("load.json", "/cgi-bin/dw-extract", "/elsewhere");
  b.refuses(2, {"answered 404", "check source.url"});
}

TEST_CASE("the source's database is down") {
  RefusalBench& b = bench();
  b.pair().source().stop();
  b.refuses(6, {"answered 503", "the source database cannot be reached", "web server's error log"});
  check_refusal(b.pair().extract({"batch"}), "dw-extract", 6,
                {"connecting to the source database", "check that the server runs"});
  b.pair().source().start_again();
  check_recovers(b);
}

TEST_CASE("the source's database does not let dw-extract in") {
  RefusalBench& b = bench();
  b.pair().source().write_option_file(b.pair().file("extract.cnf"), "dw_extract", "wrong-word");
  check_refusal(b.pair().extract({"batch"}), "dw-extract", 8,
                {"Access denied", "check user and password in the MySQL option file"});
  b.pair().source().sql("CREATE USER IF NOT EXISTS poor@'%' IDENTIFIED BY 'poor-man'");
  b.pair().source().write_option_file(b.pair().file("extract.cnf"), "poor", "poor-man");
  check_refusal(b.pair().extract({"batch"}), "dw-extract", 8,
                {"denied", "dw-extract status lists the grants that the account needs"});
  const std::string line = b.refuses(6, {"answered 500", "web server's error log"});
  CHECK(line.find("poor") == std::string::npos);
  check_recovers(b);
}

TEST_CASE("the mirror is down") {
  RefusalBench& b = bench();
  DatabaseServer& mirror = b.pair().mirror();
  const std::string before = content_of(mirror);
  mirror.stop();
  check_refusal(b.pair().load({"sync"}), "dw-load", 7,
                {"the mirror cannot be reached", "check that it runs, and host, port or socket in"});
  check_refusal(b.pair().load({"status"}), "dw-load", 7,
                {"the mirror cannot be read", "check " + b.pair().file("mirror.cnf").string()});
  mirror.start_again();
  CHECK((content_of(mirror) == before));
  check_recovers(b);
}

TEST_CASE("the mirror's password is wrong") {
  RefusalBench& b = bench();
  b.pair().mirror().write_option_file(b.pair().file("mirror.cnf"), "dw_load", "wrong-word");
  const std::string line =
      b.refuses(7, {"Access denied", "check user and password in " + b.pair().file("mirror.cnf").string()});
  CHECK(line.find("wrong-word") == std::string::npos);
}

TEST_CASE("the mirror's account has no rights at all") {
  RefusalBench& b = bench();
  make_poor_account(b, "");
  b.refuses(7, {"denied", "scripts/sql/mirror-account.sql"});
  b.restore();
  const std::string before = content_of(b.pair().mirror());
  b.pair().wipe_mirror();
  make_poor_account(b, "");
  b.refuses(7, {"denied", "scripts/sql/mirror-account.sql"});
  CHECK(content_of(b.pair().mirror()).empty());
  check_recovers(b);
}

TEST_CASE("the mirror's account may not write to the mirrored schema") {
  RefusalBench& b = bench();
  b.pair().sync();
  b.pair().source().sql("INSERT INTO app.t (a) VALUES (4); INSERT INTO app.t (a) VALUES (5)");
  for (const char* more : {"", "; GRANT SELECT ON app.* TO poor@'%'"}) {
    INFO(more);
    b.restore();
    make_poor_account(b, std::string("GRANT ALL ON dw_meta.* TO poor@'%'") + more);
    b.refuses(7, {"the mirror refused a statement", "denied", "mend the mirror and run dw-load again"});
  }
  check_recovers(b);
}

TEST_CASE("the mirror's account may write to some tables only: nothing of the batch stays") {
  RefusalBench& b = bench();
  b.pair().source().sql("CREATE TABLE app.u (a INT)");
  b.pair().sync();
  b.pair().source().sql(
      "INSERT INTO app.t (a) VALUES (6); INSERT INTO app.u VALUES (1); INSERT INTO app.t (a) VALUES (7)");
  make_poor_account(b,
                    "GRANT ALL ON dw_meta.* TO poor@'%'; GRANT SELECT, ALTER ON app.* TO poor@'%'; GRANT ALL "
                    "ON app.t TO poor@'%'");
  b.refuses(7, {"the mirror refused a statement", "u", "mend the mirror and run dw-load again"});
  check_recovers(b);
}

TEST_CASE(
    "the mirror's account may not change the schema: what comes before stays, and the next run goes on "
    "there") {
  RefusalBench& b = bench();
  b.pair().sync();
  b.pair().source().sql("CREATE TABLE app.later (a INT); INSERT INTO app.later VALUES (1)");
  make_poor_account(b, "GRANT ALL ON dw_meta.* TO poor@'%'; GRANT SELECT, INSERT ON app.* TO poor@'%'");
  const std::string query =
      "SELECT COUNT(*) FROM app.t; SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA='app' "
      "ORDER BY 1";
  const std::string before = b.pair().mirror().sql(query);
  check_refusal(b.pair().load({"sync"}), "dw-load", 7,
                {"command denied", "mend the mirror and run dw-load again"});
  CHECK(b.pair().mirror().sql(query) == before);
  check_recovers(b);
  CHECK(b.pair().mirror().sql("SELECT a FROM app.later") == "1\n");
}

TEST_CASE("words that are no verb and options that do not exist") {
  RefusalBench& b = bench();
  b.refuses(2, {"\"snyc\" is no verb", "did you mean \"sync\"?"}, {"snyc"});
  b.refuses(2, {"see dw-load --help"}, {"sync", "--folow", "5"});
  b.refuses(2, {"apply needs batch files"}, {"apply"});
  check_refusal(b.pair().extract({"btach"}), "dw-extract", 2, {"\"btach\" is no verb", "the verbs are"});
  check_refusal(b.pair().extract({"batch", "--after", "yesterday"}), "dw-extract", 2,
                {"after is no cursor", "unchanged"});
  check_refusal(b.pair().extract({"batch", "--since", "yesterday"}), "dw-extract", 2,
                {"since is no time", "write 2026-11-21"});
}
