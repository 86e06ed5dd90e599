// Neither program's memory grows with the log.

#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

constexpr int kRows = 1'000'000;

// A log of a million rows, written into the log table's own file while the server is down: the CSV engine
// keeps nothing else (MySQL manual 18.4). Making as many with clients would take minutes.
void append_rows(const std::filesystem::path& csv) {
  std::ofstream out(csv, std::ios::app);
  REQUIRE(out);
  const char* user = "\"app[app] @ web [10.0.0.5]\"";
  out << "\"2026-11-21 01:00:00.000000\"," << user << R"(,900000,1,"Connect","app@web on app using TCP/IP")"
      << '\n';
  for (int i = 1; i < kRows; ++i) {
    char time[40];
    std::snprintf(time, sizeof time, "\"2026-11-21 %02d:%02d:%02d.%06d\"", 1 + i / 360000, i / 6000 % 60,
                  i / 100 % 60, i % 100 * 10000);
    out << time << ',' << user << ",900000,1,\"Query\",\"insert into t (a,b) values (" << i << ",'"
        << std::string(60, static_cast<char>('a' + i % 26)) << "')\"\n";
  }
}

}  // namespace

TEST_CASE("a log of 1,000,000 rows needs under 64 MiB in dw-extract and under 128 MiB in dw-load") {
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    DYNAMIC_SECTION(to_string(kind)) {
      PairOptions options;
      options.source = kind;
      MirrorPair pair(options);
      pair.source().sql(
          "CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b "
          "VARCHAR(80))");
      pair.source().stop();
      append_rows(pair.source().data_directory() / "mysql" / "general_log.CSV");
      pair.source().start_again();

      const ProcessResult batch =
          run({"sh", "-c",
               std::string(DW_EXTRACT_PROGRAM) + " batch --config " + pair.file("extract.json").string() +
                   " > " + pair.file("b").string()});
      INFO(batch.err);
      CHECK(batch.exit_code == 0);
      CHECK(batch.max_rss_kib < 64 * 1024);
      const ProcessResult sync = pair.load({"sync", "--verbose"});
      INFO(sync.out + sync.err);
      CHECK(sync.exit_code == 0);
      CHECK(sync.max_rss_kib < 128 * 1024);
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app.t") == std::to_string(kRows - 1) + "\n");
      WARN(to_string(kind) << ": dw-extract " << batch.max_rss_kib / 1024 << " MiB, dw-load "
                           << sync.max_rss_kib / 1024 << " MiB; " << sync.out);
    }
  }
}

TEST_CASE("rows of 1 MiB are compared and mended with under 128 MiB, however many differ") {
  constexpr int kWideRows = 150;
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      options.verify = true;
      MirrorPair pair(options);
      std::string rows =
          "CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, b LONGBLOB);";
      for (int i = 0; i < kWideRows; ++i)
        rows += "INSERT INTO app.t (b) VALUES (REPEAT(CHAR(" + std::to_string(65 + i % 26) + "),1048576));";
      pair.source().sql(rows);
      pair.sync();
      const auto mends = [&](const std::string& what, const std::string& by_hand,
                             const std::vector<std::string>& words) {
        INFO(what);
        pair.mirror().sql(by_hand);
        const ProcessResult result = pair.load(words);
        INFO(result.out << result.err);
        CHECK(result.exit_code == 0);
        CHECK(result.max_rss_kib < 128 * 1024);
        CHECK(rows_of(pair.mirror(), "app.t", "id, SHA2(b,256)") ==
              rows_of(pair.source(), "app.t", "id, SHA2(b,256)"));
        WARN(name_of(options) << ", " << what << ": dw-load " << result.max_rss_kib / 1024 << " MiB");
      };
      mends("rows that differ", "UPDATE app.t SET b=CONCAT('y',b)", {"verify", "--repair"});
      mends("rows that are missing", "DELETE FROM app.t", {"verify", "--repair"});
      mends("rows that production has not", "UPDATE app.t SET id=id+1000 ORDER BY id DESC",
            {"verify", "--repair"});
      std::string keys;
      for (int i = 1; i <= kWideRows; ++i) keys += (i == 1 ? "[" : ",[") + std::to_string(i) + "]";
      mends("rows named by a suspect",
            "UPDATE app.t SET b='z'; INSERT INTO dw_meta.suspects (schema_name, table_name, scope, `keys`, "
            "reason, log_cursor, noted_at) VALUES ('app','t','keys','{\"columns\":[\"id\"],\"rows\":[" +
                keys + "]}','test','',UTC_TIMESTAMP(6))",
            {"sync"});
      const std::string request =
          R"({"format":1,"read":[{"schema":"app","table":"t","most_bytes":8388608}]})";
      write_file(pair.file("request"), request, 0600);
      const ProcessResult read =
          run({"sh", "-c",
               std::string(DW_EXTRACT_PROGRAM) + " read --config " + pair.file("extract.json").string() +
                   " < " + pair.file("request").string() + " | wc -c"});
      CHECK(std::stoul(read.out) < 10U << 20U);
    }
  }
}
