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
