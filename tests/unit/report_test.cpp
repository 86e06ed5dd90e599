#include <regex>
#include <set>

#include <nlohmann/json.hpp>

#include "loader/report/page/page.h"
#include "loader/report/prometheus.h"
#include "loader/report/status_json.h"
#include "loader/report/status_text.h"
#include "loader/report/verdict.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

using namespace dw;
using namespace dw::load;
using Catch::Contains;

namespace {

constexpr Micros kNow = 20'000 * kDay + 3'600 * kSecond;

// A mirror on which all is well.
StatusFacts well() {
  StatusFacts facts;
  facts.now = kNow;
  facts.followed = true;
  facts.source = "shop";
  facts.runs.last = RunEnd{kNow - 20 * kSecond, 0, RunState::ok};
  facts.runs.last_good = kNow - 20 * kSecond;
  TableStatus table;
  table.schema = "app";
  table.table = "orders";
  table.rows = 1204;
  table.verification = {
      .chunks = 8, .verified = 8, .oldest = kNow - 100 * kSecond, .found = 3, .repaired = 3};
  facts.tables.push_back(table);
  return facts;
}

RunReport failed(ExitCode code) {
  RunReport report;
  report.exit_code = code;
  report.error = "broken";
  return report;
}

// The exit code and the word, as a monitor and a reader get them.
void check_verdict(const StatusFacts& facts, int code, const std::string& word) {
  INFO(status_text(facts));
  CHECK(static_cast<int>(verdict_of(reasons_of(facts))) == code);
  CHECK(word_of(facts) == word);
  CHECK(status_json(facts)["exit_code"] == code);
  CHECK_THAT(prometheus_text(facts), Contains("\ndw_exit_code " + std::to_string(code) + "\n"));
}

}  // namespace

TEST_CASE("what a monitor hears of a mirror") {
  StatusFacts facts = well();
  SECTION("all is well") {
    check_verdict(facts, 0, "well");
  }
  SECTION("no run has come to its end for long, though the last one was good") {
    facts.runs.last->at = kNow - 3'601 * kSecond;
    check_verdict(facts, 1, "overdue");
    CHECK_THAT(status_text(facts), Contains("see whether cron or the timer still starts dw-load"));
    facts.working = true;
    CHECK_THAT(status_text(facts), Contains("one is at work: see what it waits for"));
    facts.rules.overdue_after_seconds = 0;
    check_verdict(facts, 0, "well");
  }
  SECTION("a mirror of an earlier version has no record of runs, but a checkpoint") {
    facts.runs = {};
    facts.checkpoint_at = kNow - 3'601 * kSecond;
    check_verdict(facts, 1, "overdue");
  }
  SECTION("the last run failed") {
    facts.runs.last = RunEnd{kNow, 6, RunState::failed, "source unreachable"};
    check_verdict(facts, 6, "failed");
    CHECK_THAT(status_text(facts), Contains("source unreachable"));
  }
  SECTION("the mirror cannot be read") {
    facts.mirror_error = "refused";
    check_verdict(facts, 7, "mirror unreachable");
  }
  SECTION("a gap stays one until all is verified, whatever later runs say") {
    facts.gap_open = true;
    check_verdict(facts, 4, "gap");
  }
  SECTION("the log is off") {
    facts.runs.last = RunEnd{kNow, 4, RunState::gap};
    check_verdict(facts, 4, "gap");
  }
  SECTION("rows differ") {
    facts.tables[0].verification.differing = 2;
    check_verdict(facts, 3, "drift");
    CHECK_THAT(status_text(facts), Contains("2 rows differ from production's, and were not mended"));
  }
  SECTION("suspects may be, and must not stay") {
    facts.suspects[1] = 2;
    facts.oldest_suspect = kNow - kDay;
    check_verdict(facts, 0, "well");
    facts.oldest_suspect = kNow - kDay - kSecond;
    check_verdict(facts, 3, "suspects stay");
  }
  SECTION("statements that were not understood; an open transaction") {
    facts.runs.last = RunEnd{kNow, 3, RunState::needs_eyes};
    check_verdict(facts, 3, "needs-eyes");
    facts.runs.last = RunEnd{kNow, 0, RunState::stalled};
    check_verdict(facts, 3, "stalled");
  }
  SECTION("the media") {
    facts.media = MediaResult{false, "MEDIA FAILED: no bucket"};
    check_verdict(facts, 3, "media");
  }
  SECTION("quiet is no trouble") {
    facts.runs.last->state = RunState::quiet;
    check_verdict(facts, 0, "quiet");
  }
  SECTION("before and in the first copy") {
    facts.followed = false;
    check_verdict(facts, 1, "never synced");
    facts.tables_to_copy = 5;
    check_verdict(facts, 3, "first copy");
    facts.working = true;
    check_verdict(facts, 0, "first copy");
  }
}

TEST_CASE("the lag grows while production is not heard of") {
  StatusFacts facts = well();
  facts.runs.lag = 2 * kSecond;
  CHECK(status_json(facts)["lag_seconds"] == 2);
  CHECK_THAT(status_text(facts), Contains("lag           2 s\n"));
  facts.runs.last = RunEnd{kNow - kSecond, 6, RunState::failed, "source unreachable"};
  facts.runs.last_good = kNow - 5 * 3'600 * kSecond;
  CHECK(status_json(facts)["lag_seconds"] == 18'002);
  CHECK_THAT(status_text(facts), Contains("18002 s at most: production was last heard of at "));
  CHECK_THAT(prometheus_text(facts), Contains("\ndw_lag_seconds 18002\n"));
  CHECK_THAT(status_page(facts, {}), Contains("data-status=\"/lag_seconds\">18,002</span>"));
  SECTION("nor where cron has gone") {
    facts.runs.last = RunEnd{facts.runs.last_good, 0, RunState::ok};
    CHECK(status_json(facts)["lag_seconds"] == 18'002);
    facts.rules.run_every_seconds = 5 * 3'600;
    CHECK(status_json(facts)["lag_seconds"] == 2);
  }
  SECTION("and is not known before the first good run") {
    facts.runs.last_good = 0;
    CHECK(status_json(facts)["lag_seconds"].is_null());
    CHECK_THAT(prometheus_text(facts), !Contains("dw_lag_seconds"));
    CHECK_THAT(status_page(facts, {}), !Contains("data-status=\"/lag_seconds\""));
  }
}

TEST_CASE("a gap is worse than drift, and both are told") {
  StatusFacts facts = well();
  facts.gap_open = true;
  facts.tables[0].verification.differing = 1;
  REQUIRE(reasons_of(facts).size() == 2);
  CHECK(verdict_of(reasons_of(facts)) == ExitCode::gap);
}

TEST_CASE("the share that was verified is whole only where all is") {
  CHECK(verified_percent({.chunks = 10'000, .verified = 9'999}) == 99.9);
  CHECK(verified_percent({.chunks = 3, .verified = 3}) == 100.0);
  CHECK_FALSE(verified_percent({}));
  StatusFacts facts = well();
  TableStatus never;
  never.verification = {.chunks = 2};
  facts.tables.push_back(never);
  CHECK_FALSE(total_verification(facts).oldest);
  CHECK(total_verification(facts).chunks == 10);
}

TEST_CASE("the record of runs keeps troubles, the newest first, and survives a foreign file") {
  const test::TempDir folder;
  RunRecord record = read_run_record(folder.path());
  CHECK_FALSE(record.last);
  for (int run = 0; run < 30; ++run) {
    remember_run(record, run % 2 == 0 ? failed(ExitCode::source_unreachable) : RunReport{}, {}, kNow + run);
  }
  write_run_record(folder.path(), record);
  const RunRecord again = read_run_record(folder.path());
  CHECK(again.last->at == kNow + 29);
  CHECK(again.last->exit_code == 0);
  CHECK(again.last_good == kNow + 29);
  REQUIRE(again.troubles.size() == 15);
  CHECK(again.troubles.front().at == kNow + 28);
  CHECK(again.troubles.front().error == "broken");
  test::write_file(folder.path() / "runs.json", "[]", 0600);
  CHECK_FALSE(read_run_record(folder.path()).last);
}

TEST_CASE("metrics: label values are escaped, what is not known is left out") {
  StatusFacts facts = well();
  facts.tables[0].table = "a\"b\\c\nd";
  facts.tables[0].rows.reset();
  const std::string text = prometheus_text(facts);
  CHECK_THAT(text, Contains(R"(dw_table_suspects{schema="app",table="a\"b\\c\nd"} 0)"));
  CHECK_THAT(text, !Contains("dw_table_rows{"));
  CHECK_THAT(text,
             Contains("# TYPE dw_statements_total counter\ndw_statements_total{outcome=\"applied\"} 0\n"));
  facts.mirror_error = "gone";
  CHECK_THAT(prometheus_text(facts), !Contains("dw_table"));
}

TEST_CASE("metrics: times that are known") {
  StatusFacts facts = well();
  CHECK_THAT(prometheus_text(facts),
             !Contains("dw_checkpoint") && !Contains("dw_oldest_suspect") && !Contains("dw_last_event"));
  facts.checkpoint_at = 11 * kSecond;
  facts.last_event = 12 * kSecond;
  facts.oldest_suspect = 13 * kSecond;
  const std::string text = prometheus_text(facts);
  CHECK_THAT(text,
             Contains("# TYPE dw_checkpoint_timestamp_seconds gauge\ndw_checkpoint_timestamp_seconds 11\n"));
  CHECK_THAT(text, Contains("\ndw_last_event_timestamp_seconds 12\n"));
  CHECK_THAT(text, Contains("\ndw_oldest_suspect_timestamp_seconds 13\n"));
  CHECK_THAT(text, Contains("\ndw_next_run_timestamp_seconds " + std::to_string(kNow / kSecond + 40) + "\n"));
}

TEST_CASE("the page says nothing that not everybody may read") {
  StatusFacts facts = well();
  facts.cursor = "secret-cursor";
  facts.runs.last =
      RunEnd{kNow, 6, RunState::failed, "https://db.example.org: denied for 'dw_load'@'10.0.0.5'"};
  facts.runs.troubles = {*facts.runs.last};
  facts.media = MediaResult{false, "MEDIA FAILED: bucket-name"};
  facts.mirror_error = "Can't connect to server on 'nas'";
  const std::string page = status_page(facts, {});
  for (const char* word : {"secret-cursor", "example.org", "dw_load", "10.0.0.5", "bucket-name", "nas"})
    CHECK_THAT(page, !Contains(word));
  CHECK_THAT(page, Contains("the mirror cannot be read"));
}

namespace {

std::vector<std::string> elements(const std::string& page, const std::string& name) {
  std::vector<std::string> out;
  const std::regex element("<" + name + "[ >][^<]*(<(title|caption)>[^<]*)?");
  for (std::sregex_iterator at(page.begin(), page.end(), element), end; at != end; ++at)
    out.push_back((*at)[0]);
  return out;
}

}  // namespace

TEST_CASE("a screen reader is told what each chart and table is, and headings are in their order") {
  StatusFacts facts = well();
  facts.tables[0].retained = 4;
  facts.days.emplace_back();
  facts.days[0].date = "2024-10-03";
  facts.runs.troubles = {{kNow, 6, RunState::failed, "broken"}};
  StatusHistory history;
  history.growth["app.orders"] = {{"2024-10-02", 10}, {"2024-10-03", 20}};
  history.failures = {{1, kNow, 1062, "app", "insert"}};
  const std::string page = status_page(facts, history);
  CHECK_THAT(page, Contains("<html lang=\"en\">"));
  const auto charts = elements(page, "svg");
  CHECK(charts.size() > 5);
  for (const std::string& one : charts) {
    INFO(one);
    const bool has_words =
        one.find("aria-label=\"") != std::string::npos || one.find("<title>") != std::string::npos;
    CHECK((one.find("aria-hidden=\"true\"") != std::string::npos ||
           (one.find("role=\"img\"") != std::string::npos && has_words)));
  }
  const auto tables = elements(page, "table");
  CHECK(tables.size() == 7);
  for (const std::string& one : tables) CHECK_THAT(one, Contains("<caption>"));
  CHECK(page.find("scope=\"col\"></th>") == std::string::npos);
  // One h1, and h2 below it; each section bears the name of its heading.
  CHECK(elements(page, "h1").size() == 1);
  CHECK(page.find("<h1") < page.find("<h2"));
  CHECK(page.find("<h3") == std::string::npos);
  CHECK(elements(page, "h2").size() == elements(page, "section").size());
  std::set<std::string> ids;
  const std::regex id("<h2 id=\"([^\"]*)\"");
  for (std::sregex_iterator at(page.begin(), page.end(), id), end; at != end; ++at) {
    CHECK(ids.insert((*at)[1]).second);
    CHECK_THAT(page, Contains("<section aria-labelledby=\"" + (*at)[1].str() + "\">"));
  }
  // What scrolls can be reached and named by keyboard.
  for (const std::string& one : elements(page, "div class=\"scroll[a-z ]*\""))
    CHECK_THAT(one, Contains("tabindex=\"0\"") && Contains("aria-label=\""));
}

TEST_CASE("the page tells what the copy of the bucket did, and when") {
  StatusFacts facts = well();
  facts.media = judge_media_result(
      R"({"kind":"media","status":"ok","at":"2024-10-03T01:02:03Z","copied":1204,"kept":3,"verified":7,"error":""})",
      kNow, 1'000'000);
  const std::string page = status_page(facts, {});
  for (const char* part : {"\"/media/result/copied\">1,204</span> copied", ">3</span> kept",
                           ">7</span> verified", "2024-10-03 01:02:03 UTC"})
    CHECK_THAT(page, Contains(part));
  for (const char* line : {"", "[]", R"({"at":7,"copied":-1,"kept":"<b>"})"}) {
    facts.media = judge_media_result(line, kNow, 26);
    CHECK_THAT(status_page(facts, {}), Contains("✖ not well") && !Contains("<b>"));
  }
}

TEST_CASE("names on the page are text, whatever is in them") {
  StatusFacts facts = well();
  facts.tables[0].table = "<script>alert(\"x\")</script>&";
  const std::string page = status_page(facts, {});
  CHECK_THAT(page, !Contains("<script"));
  CHECK_THAT(page, Contains("app.<wbr>&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;"));
}
