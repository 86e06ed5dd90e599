// The log read from a file: the same events as from the table, whatever clients write into it.

#include <nlohmann/json.hpp>

#include "common/mysql/connection.h"
#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
using nlohmann::json;

namespace {

// Lines as the server would write them for a session that is there, and for one that is not.
constexpr const char* kImitations[] = {
    "\\n\\t\\t 99999 Query\\tDROP DATABASE app\\n",
    "\\n2026-11-21T05:51:16.267560Z\\t99999 Query\\tDROP DATABASE app\\n",
    "\\n261121  5:51:16\\t 99999 Query\\tDROP DATABASE app\\n",
    "\\n2026-11-21T05:51:16.267560Z\\t99999 Connect\\trdsadmin@h on app using TCP/IP\\n",
};

std::string raw(std::string text) {
  for (const auto& [from, to] : {std::pair("\\n", "\n"), std::pair("\\t", "\t")}) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at))
      text.replace(at, 2, to);
  }
  return text;
}

void work_in_a_hostile_way(MirrorPair& pair) {
  pair.source().sql(
      "CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, note LONGTEXT, KEY "
      "(note(10)))");
  pair.source().write_option_file(pair.file("client.cnf"));
  auto client = dw::mysql::Connection::open({.defaults_file = pair.file("client.cnf")});
  client.execute("USE app");
  for (const char* imitation : kImitations) {
    const std::string line = raw(imitation);
    client.execute("INSERT INTO t (note) VALUES ('it''s" + line + "\\' too')");
    client.execute("INSERT INTO t (note) VALUES (\"" + line + "\") -- it's\n");
    client.execute("INSERT INTO t (note) /* '" + line + "*/ VALUES ('c')");
    client.execute("UPDATE t SET note = CONCAT(note, '" + line + "') WHERE id = 2");
  }
  client.execute("BEGIN");
  client.execute("INSERT INTO t (note) VALUES ('never" + raw(kImitations[0]) + "')");
  client.execute("ROLLBACK");
  client.execute(std::string("INSERT INTO t (note) VALUES ('\r\n\xF0\x9F\x98\x80 \\0')"));
  client.execute("SET @@SESSION.sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')");
  client.execute("INSERT INTO t (note) VALUES ('it\\'s')");
  client.execute("INSERT INTO t (note) VALUES ('" + std::string(4 << 20, 'x') + "')  \n ");
}

constexpr const char* kColumns = "id, LENGTH(note), SHA2(note, 256)";

void compare(MirrorPair& pair) {
  const std::string here = rows_of(pair.source(), "app.t", kColumns);
  CHECK(!here.empty());
  CHECK((rows_of(pair.mirror(), "app.t", kColumns) == here));
}

PairOptions with_file(PairOptions options) {
  options.log_file = true;
  options.retention = "none";
  options.source_server.emplace_back("--max-allowed-packet=64M");
  options.mirror_server.emplace_back("--max-allowed-packet=64M");
  return options;
}

std::vector<json> events_of(const ProcessResult& batch) {
  INFO(batch.err);
  REQUIRE(batch.exit_code == 0);
  std::vector<json> out;
  const json document = json::parse(batch.out);
  for (json event : document["events"]) {
    for (const char* key : {"index", "generation", "time"}) event.erase(key);
    // The table's user has the account that was matched, and the name beside the address.
    event.erase("user");
    out.push_back(std::move(event));
  }
  return out;
}

}  // namespace

TEST_CASE("a mirror fed from a log file is equal, whatever its literals and comments imitate") {
  for (const PairOptions& options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(with_file(options));
      work_in_a_hostile_way(pair);
      pair.sync();
      compare(pair);
      pair.source().sql("INSERT INTO app.t (note) VALUES ('later'); DELETE FROM app.t WHERE id = 3");
      pair.sync();
      compare(pair);
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
    }
  }
}

TEST_CASE("a log file gives the events that the log table gives") {
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    DYNAMIC_SECTION(to_string(kind)) {
      PairOptions options = with_file({});
      options.source = kind;
      options.web = Web::none;
      MirrorPair pair(options);
      pair.source().sql("SET GLOBAL log_output = 'TABLE,FILE'");
      work_in_a_hostile_way(pair);
      pair.source().sql("SET sql_log_off = 1; SET GLOBAL log_output = 'FILE'");
      const auto from_file = events_of(pair.extract({"batch", "--max-bytes", "100000000"}));
      pair.source().sql("SET sql_log_off = 1; SET GLOBAL log_output = 'TABLE'");
      write_file(
          pair.file("extract.json"),
          R"({"mysql": {"defaults_file": "extract.cnf"}, "log": {"source": "table"}, "databases": ["app"]})",
          0600);
      auto from_table = events_of(pair.extract({"batch", "--max-bytes", "100000000"}));
      REQUIRE(from_table.size() > 20);
      // The statements around the switches are in the one or the other.
      std::size_t at = 0;
      for (const json& event : from_table) {
        const auto found =
            std::find(from_file.begin() + static_cast<std::ptrdiff_t>(at), from_file.end(), event);
        INFO(event.dump().substr(0, 300));
        const bool ours = event.dump().find("DO 0") != std::string::npos || event["command"] == "Quit" ||
                          event["command"] == "Connect";
        if (found == from_file.end()) {
          CHECK(ours);
          continue;
        }
        at = static_cast<std::size_t>(found - from_file.begin()) + 1;
      }
      CHECK(at + 12 > from_table.size());
    }
  }
}

TEST_CASE("a line in doubt stops the mirror with exit 4, and an operator's word lets it go on") {
  if (!require_server(ServerKind::mariadb)) return;
  MirrorPair pair(with_file({}));
  pair.source().sql("CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY, note TEXT)");
  pair.source().write_option_file(pair.file("client.cnf"));
  auto client = dw::mysql::Connection::open({.defaults_file = pair.file("client.cnf")});
  client.execute("INSERT INTO app.t VALUES (1, 'before')");
  CHECK_THROWS_AS(client.execute("SELECT 'an open string"), dw::mysql::SqlError);
  client.execute("INSERT INTO app.t VALUES (2, 'behind')");
  const ProcessResult stopped = pair.load({"sync"});
  CHECK(stopped.exit_code == 4);
  CHECK_THAT(stopped.err, Catch::Contains("general.log, byte ") && Catch::Contains("log.decided"));
  CHECK(std::count(stopped.err.begin(), stopped.err.end(), '\n') == 1);
  CHECK(pair.mirror().sql("SELECT id FROM app.t") == "1\n");
  CHECK(pair.load({"sync"}).exit_code == 4);  // and again

  const std::size_t place = stopped.err.find("place ") + 6;
  const std::string line = stopped.err.substr(place, stopped.err.find(',', place) - place);
  pair.write_extract_config(R"(, "decided": {")" + line + R"(": "row"})");
  CHECK(pair.load({"sync"}).exit_code == 3);  // the statement with the open string is not understood
  CHECK(pair.mirror().sql("SELECT id FROM app.t") == "1\n2\n");
  CHECK(pair.load({"sync"}).exit_code == 0);
}

TEST_CASE("the files of a server that is gone are read without it") {
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    DYNAMIC_SECTION(to_string(kind)) {
      PairOptions options = with_file({});
      options.source = kind;
      options.web = Web::none;
      MirrorPair pair(options);
      pair.source().sql("CREATE DATABASE app; CREATE TABLE app.t (id INT); INSERT INTO app.t VALUES (7)");
      pair.source().stop();
      write_file(pair.file("extract.json"),
                 R"({"source_id": "gone", "log": {"source": "file", "path": ")" +
                     pair.source().general_log_file().string() + R"("}})",
                 0600);
      const ProcessResult batch = pair.extract({"batch"});
      INFO(batch.err);
      REQUIRE(batch.exit_code == 0);
      const json document = json::parse(batch.out);
      CHECK(document["source"]["id"] == "gone");
      CHECK_THAT(document["source"]["server_version"].get<std::string>(),
                 Catch::StartsWith(pair.source().version().substr(0, 4)));
      CHECK(document["live"].is_null());
      CHECK_THAT(batch.out, Catch::Contains("INSERT INTO app.t VALUES (7)"));
      CHECK_THAT(batch.out, Catch::Contains("root[root] @ "));
      const ProcessResult status = pair.extract({"status"});
      INFO(status.err);
      CHECK(status.exit_code == 0);
      CHECK(json::parse(status.out)["end"] == document["next"]);
      CHECK(pair.extract({"rotate"}).exit_code == 2);
    }
  }
}
