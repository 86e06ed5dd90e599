// Every command in README.md is run: here, on a real production and mirror, or by the test that a mark in
// front of the block names: <!-- tried by: FILE -->.

#include <regex>

#include <nlohmann/json.hpp>

#include "extractor/manual.h"
#include "loader/manual.h"
#include "tests/support/catch.h"
#include "tests/support/documents.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const fs::path kTree = DW_SOURCE_FOLDER;
const fs::path kReadme = kTree / "README.md";

bool is_commands(const DocumentBlock& block) {
  return block.language == "sh" || block.language == "sql";
}

// The one block in which the text stands.
std::string block_with(const std::string& text) {
  std::string found;
  for (const DocumentBlock& block : blocks_of(kReadme)) {
    if (block.text.find(text) == std::string::npos) continue;
    REQUIRE(found.empty());
    found = block.text;
  }
  REQUIRE_FALSE(found.empty());
  return found;
}

// What a user would put in: places and names of the pair.
class User {
 public:
  explicit User(MirrorPair& pair) : pair_(pair) {
    for (const char* folder : {"bin", "html", "node_exporter"}) fs::create_directory(pair_.file(folder));
    fs::create_symlink(DW_LOAD_PROGRAM, pair_.file("bin/dw-load"));
    fs::create_symlink(DW_EXTRACT_PROGRAM, pair_.file("bin/dw-extract"));
    pair_.source().write_option_file(pair_.file("production.cnf"));
  }

  ProcessResult type(std::string text) {
    text = replaced(text, "CURSOR", "\"$(dw-extract status | jq -r .end)\"");
    text = replaced(text, "shop.orders", "app.orders");
    text = replaced(text, "\"schema\":\"shop\"", "\"schema\":\"app\"");
    text = replaced(text, "/var/spool/dw", pair_.file("spool"));
    text = replaced(text, "/var/www/html", pair_.file("html"));
    text = replaced(text, "/var/lib/node_exporter", pair_.file("node_exporter"));
    const char* path = std::getenv("PATH");
    return run(
        {"bash", "-euo", "pipefail", "-c", text},
        {.env = {{"PATH", pair_.file("bin").string() + ":" + (path == nullptr ? "/usr/bin:/bin" : path)},
                 {"DW_LOAD_CONFIG", pair_.file("load.json")},
                 {"DW_EXTRACT_CONFIG", pair_.file("extract.json")}},
         .cwd = pair_.file("")});
  }

 private:
  MirrorPair& pair_;
};

}  // namespace

TEST_CASE("README's commands, in its order, by who has production and a mirror") {
  PairOptions options;
  options.retention = "archive";
  options.verify = true;
  MirrorPair pair(options);
  pair.source().sql(
      "CREATE DATABASE app; CREATE TABLE app.orders (id INT PRIMARY KEY, customer_id INT, placed DATE); "
      "INSERT INTO app.orders VALUES (5, 7, '2025-12-24'), (6, 7, '2026-02-01')");
  pair.sync();
  pair.source().sql("DELETE FROM app.orders WHERE id = 5");
  pair.sync();
  User user(pair);
  int blocks = 0;
  for (const DocumentBlock& block : blocks_of(kReadme)) {
    if (!is_commands(block)) continue;
    INFO("README.md, line " << block.line << "\n" << block.text);
    if (!block.tried_by.empty()) {
      const std::string untried = untried_commands(block, kTree);
      CHECK(untried.empty());
    } else if (block.language == "sql") {
      CHECK_NOTHROW(pair.mirror().sql(block.text));
      ++blocks;
    } else {
      const ProcessResult result = user.type(block.text);
      INFO(result.out << result.err);
      CHECK(result.exit_code == 0);
      ++blocks;
    }
  }
  CHECK(blocks >= 5);
  // What came of some of them.
  CHECK(pair.source().sql("SELECT id FROM app.orders ORDER BY id") == "5\n6\n");
  CHECK(fs::file_size(pair.file("html/mirror.html")) > 1000);
  CHECK_THAT(read_file(pair.file("node_exporter/dw.prom")), Catch::Contains("dw_exit_code 0"));
  CHECK_THAT(run_or_throw({"zcat", pair.file("shop.jsonl.gz")}), Catch::Contains("\"end\":true"));
}

// A verb that a sentence names is one, and so are its options; with options it is run.
TEST_CASE("commands within the documents' sentences") {
  PairOptions options;
  options.verify = true;
  MirrorPair pair(options);
  pair.source().sql("CREATE DATABASE app; CREATE TABLE app.orders (id INT PRIMARY KEY)");
  User user(pair);
  int commands = 0;
  for (const char* document : {"README.md", "scripts/guide/what_to_do_when.md", "scripts/guide/messages.md",
                               "scripts/guide/from_the_php_scripts.md", "common/log/what_the_log_tells.md",
                               ".github/CONTRIBUTING.md"}) {
    for (const std::string& code : inline_code_of(kTree / document)) {
      std::smatch words;
      if (!std::regex_match(code, words, std::regex("(dw-load|dw-extract) ([a-z]+)( .*)?"))) continue;
      INFO(document << ": " << code);
      const ProcessResult help = user.type(words[1].str() + " " + words[2].str() + " --help");
      CHECK(help.exit_code == 0);
      const std::string rest = words[3];
      const std::regex option("--[a-z-]+");
      for (std::sregex_iterator at(rest.begin(), rest.end(), option), end; at != end; ++at)
        CHECK_THAT(help.out + "--help", Catch::Contains((*at)[0].str()));
      // What baseline takes over is made in adoption_test.cpp and dump_test.cpp.
      if (rest.empty() || rest.find("--follow") != std::string::npos || words[2] == "baseline") continue;
      const ProcessResult result = user.type(code);
      INFO(result.out << result.err);
      CHECK(result.exit_code == 0);
      ++commands;
    }
  }
  CHECK(commands >= 4);
}

// In their order, from an empty mirror on.
TEST_CASE("the examples of the man pages") {
  PairOptions options;
  options.retention = "archive";
  options.verify = true;
  MirrorPair pair(options);
  pair.source().sql(
      "CREATE DATABASE app; CREATE TABLE app.orders (id INT PRIMARY KEY, customer_id INT); "
      "INSERT INTO app.orders VALUES (5, 7)");
  User user(pair);
  REQUIRE(user.type("dw-extract batch > last.json").exit_code == 0);
  int commands = 0;
  for (const dw::Manual* manual : {&dw::load::manual(), &dw::extract::manual()}) {
    for (const dw::ManualExample& example : manual->examples) {
      const std::string command = example.command;
      // A line for cron (service_files_test.sh runs that), and one that ends by a signal.
      if (command.starts_with("*") || command.find("--follow") != std::string::npos) continue;
      const ProcessResult result = user.type(command);
      INFO(command << "\n" << result.out << result.err);
      CHECK(result.exit_code == 0);
      ++commands;
    }
  }
  CHECK(commands >= 15);
}

namespace {

void check_no_finding_is_wrong(const ProcessResult& result) {
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  for (const json& one : json::parse(result.out).at("findings")) {
    INFO(one.dump());
    // What these SQL lines do not reach: README tells of both beside them.
    const bool is_beside = one.at("about") == "bodies of routines" || one.at("about") == "API key";
    CHECK((is_beside || one.at("level") == "good"));
  }
}

}  // namespace

TEST_CASE("README's lines of SQL make the source ready, by hand") {
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    for (const bool rds : {false, true}) {
      DYNAMIC_SECTION(to_string(kind) << (rds ? ", as on RDS" : "")) {
        DatabaseServer server = DatabaseServer::start(kind);
        server.sql("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY)");
        std::string account = block_with("CREATE USER 'dw_extract'");
        if (rds) {
          // In place of the lines that name tables; the procedure is the test's own.
          server.sql(
              "CREATE PROCEDURE mysql.rds_rotate_general_log() SELECT 1; CREATE TABLE "
              "mysql.general_log_backup LIKE mysql.general_log");
          account = std::regex_replace(account, std::regex("GRANT [^\n]* ON mysql\\.[^\n]*\n"), "");
          account += block_with("mysql.rds_rotate_general_log TO");
        }
        server.sql(replaced(account, "CHANGE-THIS", "pa55-Word.long"));
        server.sql(block_with("SET GLOBAL log_output = 'TABLE'"));
        TempDir folder;
        server.write_option_file(folder / "extract.cnf", "dw_extract", "pa55-Word.long");
        write_file(folder / "extract.json",
                   R"({"mysql": {"defaults_file": "extract.cnf"}, "databases": ["shop"]})", 0600);
        const std::string config = folder / "extract.json";
        check_no_finding_is_wrong(run({DW_EXTRACT_PROGRAM, "check", "--config", config}));
        CHECK(run({DW_EXTRACT_PROGRAM, "snapshot", "--config", config}).exit_code == 0);
        CHECK(run({DW_EXTRACT_PROGRAM, "rotate", "--dry-run", "--config", config}).exit_code == 0);
      }
    }
  }
}

TEST_CASE("README's lines of SQL make the mirror ready, by hand") {
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    DYNAMIC_SECTION(to_string(kind)) {
      PairOptions options;
      options.source = options.mirror = kind;
      options.databases = R"(["shop"])";
      options.retention = "archive";
      MirrorPair pair(options);
      pair.source().sql(
          "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON shop.* TO dw_extract@'%'; CREATE DATABASE shop; "
          "CREATE TABLE shop.orders (id INT PRIMARY KEY); INSERT INTO shop.orders VALUES (1), (2)");
      pair.mirror().sql("DROP USER dw_load@'%'; " +
                        replaced(block_with("CREATE USER 'dw_load'@'%'"), "CHANGE-THIS", "pa55-Word.long"));
      pair.mirror().write_option_file(pair.file("mirror.cnf"), "dw_load", "pa55-Word.long");
      for (const std::string& code : inline_code_of(kReadme)) {
        if (kind == ServerKind::mysql && code.starts_with("GRANT ")) pair.mirror().sql(code);
      }
      const ProcessResult check = pair.load({"check"});
      INFO(check.out);
      CHECK(check.exit_code == 0);
      CHECK_THAT(check.out, !Catch::Contains(" missing"));
      CHECK(pair.load({"baseline"}).exit_code == 0);
      pair.source().sql("DELETE FROM shop.orders WHERE id = 1");
      pair.sync();
      CHECK(pair.mirror().sql("SELECT id FROM shop.orders; SELECT id FROM shop_archive.orders") == "2\n1\n");
    }
  }
}
