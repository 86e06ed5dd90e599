// Nothing is lost and nothing comes twice while the log is rotated under full load.

#include <algorithm>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

std::vector<std::string> sysbench(DatabaseServer& server, const std::string& what) {
  // On two machines the load would not take the loader's processor time; on one it has to give way.
  return {"nice",
          "-n",
          "10",
          "sysbench",
          "oltp_insert",
          "--mysql-host=127.0.0.1",
          "--mysql-port=" + std::to_string(server.port()),
          "--mysql-user=root",
          "--mysql-db=app",
          "--mysql-ssl=off",
          "--tables=4",
          "--table-size=100",
          "--threads=4",
          "--time=10",
          "--report-interval=0",
          what};
}

// When the mirror first saw each generation of the log, in seconds, in order.
std::vector<double> generation_times(DatabaseServer& mirror) {
  std::vector<double> out;
  std::istringstream lines(
      mirror.sql("SELECT MIN(TIMESTAMPDIFF(MICROSECOND, '2020-01-01', applied_at))/1000000 AS t FROM "
                 "dw_meta.batches GROUP BY "
                 "LEFT(cursor_next, 32) ORDER BY t"));
  for (std::string line; std::getline(lines, line);) out.push_back(std::stod(line));
  return out;
}

// The most rotations that any 10 seconds saw.
std::size_t most_within_10_seconds(const std::vector<double>& times) {
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < times.size(); ++last) {
    while (times[last] - times[first] > 10) ++first;
    most = std::max(most, last - first);
  }
  return most;
}

constexpr const char* kContents =
    "SELECT COUNT(*), SUM(CRC32(CONCAT(k, c, pad))), BIT_XOR(CRC32(CONCAT(k, '/', c, pad))) FROM ";

}  // namespace

TEST_CASE(
    "at full insert load, with one rotation close behind the other, every statement arrives exactly once") {
  for (const PairOptions& base : all_pairs()) {
    if (!require_server(base.source) || !require_server(base.mirror)) continue;
    DYNAMIC_SECTION(name_of(base)) {
      PairOptions options = base;
      options.extract_extra = R"(, "rotate": {"max_rows": 0})";  // due whenever the loader asks
      options.source_extra = R"(, "max_batch_bytes": 64000000)";
      MirrorPair pair(options);
      pair.source().sql("CREATE DATABASE app");
      run_or_throw(sysbench(pair.source(), "prepare"));
      pair.sync();

      // How often the loader comes round depends on what else the machine does: until there were enough.
      int syncs = 0;
      std::size_t rotations = 0;
      for (int attempt = 0; attempt < 4 && rotations < 8; ++attempt) {
        Process load = Process::start(
            sysbench(pair.source(), "run"),
            {.stdout_file = pair.file("sysbench.out"), .stderr_file = pair.file("sysbench.err")});
        while (load.running()) {
          pair.sync();
          ++syncs;
        }
        rotations = generation_times(pair.mirror()).size();
      }
      for (int i = 0; i < 3; ++i) pair.sync();

      CAPTURE(syncs);
      CHECK(rotations >= 8);
      for (const char* table : {"app.sbtest1", "app.sbtest2", "app.sbtest3", "app.sbtest4"}) {
        CHECK(pair.mirror().sql(std::string(kContents) + table) ==
              pair.source().sql(std::string(kContents) + table));
      }
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
      // The four threads take their ids from one counter for each table; of nothing else is there a doubt.
      CHECK(
          pair.mirror()
              .sql(
                  "SELECT DISTINCT reason FROM dw_meta.suspects WHERE reason NOT LIKE 'ids given while other "
                  "sessions inserted%'")
              .empty());
      const std::string total = pair.source().sql(
          "SELECT (SELECT COUNT(*) FROM app.sbtest1)+(SELECT COUNT(*) FROM app.sbtest2)+"
          "(SELECT COUNT(*) FROM app.sbtest3)+(SELECT COUNT(*) FROM app.sbtest4)");
      WARN(name_of(base) << ": " << total.substr(0, total.size() - 1) << " rows, " << rotations
                         << " rotations, at most " << most_within_10_seconds(generation_times(pair.mirror()))
                         << " within 10 s, " << syncs << " syncs");
    }
  }
}

TEST_CASE("what arrives between printing the log and rotating it is not lost") {
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    DYNAMIC_SECTION(to_string(kind)) {
      PairOptions options;
      options.source = kind;
      options.web = Web::none;
      options.extract_extra = R"(, "rotate": {"max_rows": 0})";
      MirrorPair pair(options);
      pair.source().sql("CREATE DATABASE app; CREATE TABLE app.t (a INT)");
      const std::string printed = pair.extract({"batch"}).out;
      const auto next_of = [](const std::string& batch) {
        const auto at = batch.find("\"next\":\"") + 8;
        return batch.substr(at, batch.find('"', at) - at);
      };
      pair.source().sql("INSERT INTO app.t VALUES (1)");  // the PHP original lost this one
      CHECK_THAT(pair.extract({"rotate", "--after", next_of(printed)}).out,
                 Catch::Contains("\"rotated\": true"));
      pair.source().sql("INSERT INTO app.t VALUES (2)");

      // The backup has a row that nobody fetched: a second rotation would drop it.
      CHECK_THAT(pair.extract({"rotate", "--after", next_of(printed)}).out,
                 Catch::Contains("\"rotated\": false"));
      const ProcessResult rest = pair.extract({"batch", "--after", next_of(printed)});
      CHECK(rest.exit_code == 0);
      CHECK_THAT(rest.out, Catch::Contains("VALUES (1)") && Catch::Contains("VALUES (2)"));
      CHECK_THAT(pair.extract({"rotate", "--after", next_of(rest.out)}).out,
                 Catch::Contains("\"rotated\": true"));
      CHECK(pair.extract({"rotate"}).exit_code == 2);  // nothing shows what was fetched
      const ProcessResult empty = pair.extract({"batch", "--after", next_of(rest.out)});
      CHECK(empty.exit_code == 0);
      CHECK_THAT(empty.out, !Catch::Contains("VALUES"));
    }
  }
}
