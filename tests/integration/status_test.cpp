// Whether the mirror is well, as a monitor, a person and a browser see it.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <regex>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

#include "loader/report/words.h"
#include "tests/support/browser.h"
#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
using nlohmann::json;

namespace {

constexpr const char* kChunks =
    "CREATE TABLE IF NOT EXISTS dw_meta.chunks (table_schema VARCHAR(64) NOT NULL, table_name VARCHAR(64) "
    "NOT NULL, "
    "chunk INT NOT NULL, lower_bound LONGTEXT NULL, upper_bound LONGTEXT NULL, row_count BIGINT NOT NULL "
    "DEFAULT 0, "
    "checked_at DATETIME(6) NULL, verified_at DATETIME(6) NULL, differing BIGINT NOT NULL DEFAULT 0, found "
    "BIGINT NOT "
    "NULL DEFAULT 0, repaired BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (table_schema, table_name, chunk)); ";

// A mirror with rows, retained rows and a day's sizes.
class Watched {
 public:
  explicit Watched(PairOptions options = {}, const std::string& load_extra = "")
      : pair_(prepare(options, load_extra)) {
    write_file(pair_.file("slow"), "#!/bin/sh\n", 0755);
    pair_.source().sql(
        "CREATE DATABASE app; CREATE TABLE app.orders (id INT PRIMARY KEY, note VARCHAR(40)); "
        "CREATE TABLE app.items (id INT PRIMARY KEY); INSERT INTO app.orders VALUES (1, 'sesame'), (2, 'b'), "
        "(3, 'c')");
    pair_.sync();
    pair_.source().sql("DELETE FROM app.orders WHERE id > 1");
    pair_.sync();
  }

  MirrorPair& pair() { return pair_; }
  json status(int exit_code) {
    const ProcessResult result = pair_.load({"status", "--json"});
    INFO(result.out << result.err);
    CHECK(result.exit_code == exit_code);
    json out = json::parse(result.out);
    CHECK(out["exit_code"] == exit_code);
    return out;
  }
  std::string mirror(const std::string& sql) { return pair_.mirror().sql(sql); }

 private:
  static PairOptions prepare(PairOptions options, const std::string& load_extra) {
    options.retention = "archive";
    options.load_extra = load_extra;
    options.source_extra = R"(, "attempts": 1)";
    return options;
  }
  MirrorPair pair_;
};

const json& table_of(const json& status, const std::string& name) {
  for (const json& one : status["tables"]) {
    if (one["table"] == name) return one;
  }
  throw std::runtime_error("status has no table " + name);
}

}  // namespace

TEST_CASE("status tells tables, verification, suspects and a gap that stays") {
  for (const PairOptions& options : all_pairs()) {
    DYNAMIC_SECTION(name_of(options)) {
      Watched watched(options);
      json status = watched.status(0);
      CHECK(status["state"] == "well");
      CHECK(status["run"]["exit_code"] == 0);
      CHECK(status["statements"]["retained"] == 1);
      CHECK(status["retained_about"].get<int>() == 2);
      CHECK(table_of(status, "app.orders")["retained_about"].get<int>() == 2);
      CHECK(table_of(status, "app.orders")["rows_about"].is_number());
      CHECK(table_of(status, "app.orders")["verification"]["percent"].is_null());
      CHECK(status["tables"].size() == 2);  // the archive's tables are no tables of their own
      const std::string day = watched.mirror("SELECT MAX(day) FROM dw_meta.table_sizes").substr(0, 10);
      CHECK(status["sizes_on"] == day);
      CHECK_THAT(watched.pair().load({"status"}).out,
                 Catch::Contains("rows: as the mirror's server estimated them on " + day));

      watched.mirror(
          std::string(kChunks) +
          "REPLACE INTO dw_meta.chunks (table_schema, table_name, chunk, row_count, verified_at, found, "
          "repaired) VALUES ('app','orders',1,10,UTC_TIMESTAMP(6),3,3), "
          "('app','orders',2,10,UTC_TIMESTAMP(6) - INTERVAL 25 HOUR,0,0)");
      status = watched.status(0);
      CHECK(table_of(status, "app.orders")["verification"]["percent"] == 50.0);
      CHECK(status["verification"]["repaired"] == 3);
      CHECK_THAT(watched.pair().load({"status"}).out, Catch::Contains("50.0 % within 24 h (1 of 2 chunks)"));
      CHECK_THAT(watched.pair().load({"status", "--prometheus"}).out,
                 Catch::Contains("\ndw_table_drift_found_total{schema=\"app\",table=\"orders\"} 3\n"));
      watched.mirror("UPDATE dw_meta.chunks SET differing=4 WHERE chunk=2");
      CHECK(watched.status(3)["state"] == "drift");
      watched.mirror("UPDATE dw_meta.chunks SET differing=0");

      CHECK(watched.pair().load({"status", "--quiet"}).out.empty());
      watched.mirror(
          "INSERT INTO dw_meta.suspects (schema_name, table_name, reason, log_cursor, noted_at) VALUES "
          "('app','orders','UUID()','',UTC_TIMESTAMP(6) - INTERVAL 25 HOUR)");
      status = watched.status(3);
      CHECK(status["state"] == "suspects stay");
      CHECK(table_of(status, "app.orders")["suspects"] == 1);
      CHECK_THAT(watched.pair().load({"status", "--quiet"}).out, Catch::Contains("exit 3: 1 suspect open"));
      watched.mirror("UPDATE dw_meta.suspects SET cleared_at=UTC_TIMESTAMP(6)");

      // What is kept is as of now, though it was asked for a moment ago.
      watched.pair().source().sql("DELETE FROM app.orders WHERE id = 1");
      watched.pair().sync();
      CHECK(table_of(watched.status(0), "app.orders")["retained_about"] == 3);

      // A gap of one run is seen by a monitor that comes later.
      watched.pair().source().sql("TRUNCATE TABLE mysql.general_log; INSERT INTO app.orders VALUES (9, 'x')");
      CHECK(watched.pair().load({"sync"}).exit_code == 4);
      CHECK(watched.status(4)["state"] == "gap");
      watched.mirror("UPDATE dw_meta.suspects SET cleared_at=UTC_TIMESTAMP(6)");
      watched.pair().load({"sync"});
      CHECK(watched.status(0)["state"] == "well");
    }
  }
}

TEST_CASE("a table's sizes are written once a day") {
  Watched watched;
  CHECK(watched.mirror("SELECT table_schema, table_name FROM dw_meta.table_sizes ORDER BY 1, 2") ==
        "app\titems\napp\torders\napp_archive\titems\napp_archive\torders\n");
  watched.mirror("UPDATE dw_meta.table_sizes SET row_count=77");
  watched.pair().source().sql("INSERT INTO app.items VALUES (1)");
  watched.pair().sync();
  CHECK(watched.mirror("SELECT DISTINCT row_count FROM dw_meta.table_sizes") == "77\n");
  // The next day.
  std::filesystem::remove(watched.pair().file("spool") / "runs.json");
  watched.mirror("UPDATE dw_meta.table_sizes SET day=day - INTERVAL 1 DAY");
  watched.pair().sync();
  CHECK(watched.mirror("SELECT COUNT(*), COUNT(DISTINCT day) FROM dw_meta.table_sizes") == "8\t2\n");
}

TEST_CASE("an end that cannot be reached is the exit code of the next look, too") {
  Watched watched;
  watched.pair().web().stop();
  CHECK(watched.pair().load({"sync"}).exit_code == 6);
  const json status = watched.status(6);
  CHECK(status["run"]["error"].get<std::string>().find("source") != std::string::npos);
  watched.pair().mirror().stop();
  CHECK(watched.status(7)["state"] == "mirror unreachable");
  // README's line for node_exporter: what is wrong must come into the file.
  write_file(watched.pair().file("dw.prom"), "dw_exit_code 0\n", 0644);
  const std::string collect = "\"$0\" status --prometheus --config load.json > dw.prom.new && ";
  const ProcessResult collected = run({"sh", "-c", collect + "mv dw.prom.new dw.prom", DW_LOAD_PROGRAM},
                                      {.cwd = watched.pair().file("")});
  CHECK(collected.exit_code == 0);
  CHECK_THAT(read_file(watched.pair().file("dw.prom")),
             Catch::StartsWith("# HELP dw_exit_code") && Catch::Contains("\ndw_exit_code 7\n"));
  const ProcessResult full =
      run({"sh", "-c", "\"$0\" status --prometheus --config load.json > /dev/full", DW_LOAD_PROGRAM},
          {.cwd = watched.pair().file("")});
  CHECK(full.exit_code == 1);
  CHECK_THAT(full.err, Catch::Contains("the metrics cannot be written"));
  CHECK(watched.pair().load({"report", "--html", watched.pair().file("page.html")}).exit_code == 0);
  CHECK_THAT(read_file(watched.pair().file("page.html")), Catch::Contains("the mirror cannot be read"));
}

TEST_CASE("a mirror that was never synced") {
  MirrorPair pair(PairOptions{});
  const ProcessResult result = pair.load({"status"});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.out, Catch::Contains("run dw-load baseline, then dw-load sync"));
}

// What a cron line such as `*/5 * * * * dw-load status --quiet` sees when the one for sync is gone.
TEST_CASE("a run that never starts raises the alarm") {
  Watched watched({}, R"(, "overdue_after_seconds": 2)");
  ProcessResult result;
  for (int look = 0; look < 100; ++look) {
    result = watched.pair().load({"status", "--quiet"});
    if (result.exit_code != 0) break;
    CHECK(result.out.empty());
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.out, Catch::StartsWith("dw-load: overdue\n") &&
                             Catch::Contains("no run has come to its end since") &&
                             Catch::Contains("see whether cron or the timer still starts dw-load"));
  watched.pair().sync();
  CHECK(watched.pair().load({"status"}).exit_code == 0);
}

TEST_CASE("a second run that finds the first one at work is no end of a run") {
  Watched watched;
  const std::string before = read_file(watched.pair().file("spool") / "runs.json");
  const Process holder =
      Process::start({"flock", watched.pair().file("spool") / "dw-load.lock", "sleep", "600"});
  ProcessResult result;
  for (int attempt = 0; attempt < 100 && result.exit_code != 5; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    result = watched.pair().load({"sync", "--dry-run"});
  }
  CHECK(result.exit_code == 5);
  CHECK(read_file(watched.pair().file("spool") / "runs.json") == before);
}

TEST_CASE("a run that takes long says how far it is; what is said goes to the log file, too") {
  Watched watched(
      {}, R"(, "log_file": {"path": "dw.log", "format": "json"}, "hooks": {"after_batch": ["slow"]})");
  const auto logged = [&](const std::string& level) {
    const std::string log = read_file(watched.pair().file("dw.log"));
    return log.find("\"level\":\"" + level + "\"") != std::string::npos;
  };
  CHECK(logged("info"));
  CHECK_FALSE(logged("progress"));
  write_file(watched.pair().file("slow"), "#!/bin/sh\nexec sleep 3\n", 0755);
  watched.pair().source().sql("INSERT INTO app.items VALUES (5)");
  const ProcessResult quiet = watched.pair().load({"sync", "--quiet"});
  CHECK(quiet.exit_code == 0);
  CHECK(quiet.out.empty());
  watched.pair().source().sql("INSERT INTO app.items VALUES (6)");
  const ProcessResult result = watched.pair().load({"sync"});
  // No terminal: a dated line, and nothing that is written over.
  CHECK_THAT(result.out,
             Catch::Matches("20[0-9T:.-]*Z dw-load: pulling what production logged \\[0:02\\]\ndw-load: "
                            "[^\r]*\n"));
  CHECK(logged("progress"));
  watched.pair().web().stop();
  CHECK(watched.pair().load({"sync", "--quiet"}).err.find("source") != std::string::npos);
  CHECK(logged("error"));
}

namespace {

std::string shown(const json& value) {
  if (!value.is_number_float()) return value.dump();
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value.get<double>());
  return text.data();
}

}  // namespace

namespace {

// The numbers in a table of the page: for each row its head, and what the other cells hold.
std::map<std::string, std::vector<std::string>> table_on(const std::string& page,
                                                         const std::string& caption) {
  const std::size_t begin = page.find("<caption>" + caption);
  REQUIRE(begin != std::string::npos);
  const std::string part = page.substr(begin, page.find("</tbody>", begin) - begin);
  std::map<std::string, std::vector<std::string>> out;
  const std::regex row("<tr><th scope=\"row\">([^<]*)</th>((<td>[^<]*</td>)*)</tr>");
  const std::regex cell("<td>([^<]*)</td>");
  for (std::sregex_iterator at(part.begin(), part.end(), row), end; at != end; ++at) {
    const std::string cells = (*at)[2];
    for (std::sregex_iterator one(cells.begin(), cells.end(), cell); one != end; ++one) {
      std::string text = (*one)[1];
      std::erase(text, ',');
      out[(*at)[1]].push_back(text);
    }
  }
  return out;
}

// The same, as the mirror's bookkeeping has it: the first column is the rows' head.
std::map<std::string, std::vector<std::string>> table_by(Watched& watched, const std::string& sql) {
  std::map<std::string, std::vector<std::string>> out;
  std::istringstream lines(watched.mirror(sql));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::string head;
    std::getline(cells, head, '\t');
    for (std::string one; std::getline(cells, one, '\t');) out[head].push_back(one);
  }
  return out;
}

// What stands behind the charts.
void check_days(Watched& watched, const std::string& page) {
  CHECK(
      table_on(page, "Statements by day and outcome") ==
      table_by(watched,
               "SELECT DATE(applied_at), SUM(received), SUM(applied), SUM(retained), SUM(withheld), "
               "SUM(rolled_back), SUM(`inner`), SUM(ignored), SUM(failed) FROM dw_meta.batches GROUP BY 1"));
  CHECK(table_on(page, "Largest lag by day") ==
        table_by(watched,
                 "SELECT DATE(applied_at), GREATEST(0, MAX(TIMESTAMPDIFF(SECOND, last_event_at, "
                 "applied_at))) FROM dw_meta.batches GROUP BY 1"));
  const auto growth = table_on(page, "Bytes of all tables by day");
  CHECK(growth.size() == 3);
  CHECK(growth == table_by(watched,
                           "SELECT day, SUM(IF(table_schema='app', byte_count, 0)), SUM(IF(table_schema="
                           "'app_archive', byte_count, 0)) FROM dw_meta.table_sizes GROUP BY 1"));
}

}  // namespace

TEST_CASE("the page in a browser: its numbers are those of status --json, and nothing is wrong with it") {
  if (!Browser::is_there()) {
    if (std::getenv("DW_REQUIRE_SERVERS") != nullptr) FAIL("chromium is not installed");
    std::cerr << "***** chromium is not installed: the page is NOT tried in a browser *****\n";
    return;
  }
  Watched watched;
  watched.mirror(std::string(kChunks) +
                 "REPLACE INTO dw_meta.chunks (table_schema, table_name, chunk, row_count, verified_at, "
                 "differing, found, "
                 "repaired) VALUES ('app','orders',1,10,UTC_TIMESTAMP(6),1204,3000,1796)");
  for (const char* days : {"1", "40"}) {
    watched.mirror(
        std::string("INSERT INTO dw_meta.table_sizes SELECT MAX_DAY.d - INTERVAL ") + days +
        " DAY, table_schema, table_name, row_count, byte_count + 1000 * " + days +
        " FROM dw_meta.table_sizes JOIN (SELECT MAX(day) AS d FROM dw_meta.table_sizes) MAX_DAY ON "
        "day = MAX_DAY.d");
    watched.mirror(std::string("UPDATE dw_meta.batches SET applied_at = applied_at - INTERVAL ") + days +
                   " DAY, last_event_at = last_event_at - INTERVAL " + days +
                   " DAY - INTERVAL 70 SECOND ORDER BY id LIMIT 1");
  }
  const std::filesystem::path page = watched.pair().file("page.html");
  CHECK(watched.pair().load({"report", "--html", page}).exit_code == 0);
  CHECK((std::filesystem::status(page).permissions() & std::filesystem::perms::others_read) !=
        std::filesystem::perms::none);
  const json status = watched.status(3);

  const Browser browser;
  const ProcessResult dom = browser.dom(page);
  REQUIRE(dom.exit_code == 0);
  CHECK(console_lines(dom.err).empty());
  check_days(watched, dom.out);
  const std::regex number("data-status=\"([^\"]*)\"(?: data-value=\"([^\"]*)\")?>([^<]*)<");
  int numbers = 0;
  for (std::sregex_iterator at(dom.out.begin(), dom.out.end(), number), end; at != end; ++at, ++numbers) {
    std::string text = (*at)[3];
    INFO((*at)[1] << ": " << text);
    const json& value = status.at(json::json_pointer((*at)[1]));
    if ((*at)[2].matched) {
      CHECK((*at)[2] == value.dump());
      CHECK(text == dw::load::bytes_text(value.get<std::uint64_t>()));
    } else {
      std::erase(text, ',');
      CHECK(text == shown(value));
    }
  }
  CHECK_THAT(dom.out, Catch::Contains("\"/tables/0/bytes_about\" data-value="));
  CHECK(numbers > 30);
  for (const char* secret : {"sesame", "DELETE FROM", "127.0.0.1"})
    CHECK_THAT(dom.out, !Catch::Contains(secret));

  std::set<std::uintmax_t> sizes;
  for (const int width : {1200, 390}) {
    CHECK(browser.overflow(page, width) == 0);
    for (const Browser::Scheme scheme : {Browser::Scheme::light, Browser::Scheme::dark}) {
      const std::filesystem::path picture = watched.pair().file("page.png");
      const ProcessResult shot = browser.screenshot(page, width, scheme, picture);
      CHECK(shot.exit_code == 0);
      CHECK(console_lines(shot.err).empty());
      CHECK(std::filesystem::file_size(picture) > 10'000);
      sizes.insert(std::filesystem::file_size(picture));
    }
  }
  CHECK(sizes.size() == 4);  // the dark ones are others
}

TEST_CASE("a page that is wider than a phone is seen to be so") {
  if (!Browser::is_there()) return;
  const TempDir folder;
  write_file(folder / "wide.html", "<!DOCTYPE html><div style=\"width:500px\">wide</div>");
  CHECK(Browser().overflow(folder / "wide.html", 390) > 100);
  CHECK(Browser().overflow(folder / "wide.html", 1200) == 0);
  write_file(folder / "box.html", "<!DOCTYPE html><div style=\"width:50px\">1,375,513,204</div>");
  CHECK(Browser().overflow(folder / "box.html", 390) > 10);
  write_file(folder / "scrolls.html",
             "<!DOCTYPE html><div style=\"overflow-x:auto\"><div "
             "style=\"width:500px\">wide</div></div>");
  CHECK(Browser().overflow(folder / "scrolls.html", 390) == 0);
}
