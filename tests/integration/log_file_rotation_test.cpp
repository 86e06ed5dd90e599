// Log files that are rotated, compressed and truncated while the mirror follows.

#include <atomic>
#include <filesystem>
#include <thread>

#include "common/mysql/connection.h"
#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

PairOptions file_pair(PairOptions options) {
  options.log_file = true;
  options.retention = "none";
  return options;
}

// As logrotate does it with nocopytruncate, compress and delaycompress.
class Rotation {
 public:
  explicit Rotation(DatabaseServer& server) : server_(server) {}

  void rotate() {
    const std::filesystem::path log = server_.general_log_file();
    const std::string base = log.string() + ".";
    for (int i = kept_; i > 1; --i) {
      std::filesystem::rename(base + std::to_string(i) + ".gz", base + std::to_string(i + 1) + ".gz");
    }
    if (kept_ > 0) {
      run_or_throw({"gzip", base + "1"});
      std::filesystem::rename(base + "1.gz", base + "2.gz");
    }
    std::filesystem::rename(log, base + "1");
    server_.sql("FLUSH GENERAL LOGS");
    ++kept_;
  }

 private:
  DatabaseServer& server_;
  int kept_ = 0;
};

}  // namespace

TEST_CASE("files are rotated and compressed while the log is written and read: nothing lost, nothing twice") {
  for (const PairOptions& options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      MirrorPair pair(file_pair(options));
      pair.source().sql(
          "CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b TEXT)");
      pair.source().write_option_file(pair.file("client.cnf"));
      std::atomic<bool> done = false;
      int written = 0;
      std::thread writer([&] {
        auto client = dw::mysql::Connection::open({.defaults_file = pair.file("client.cnf")});
        while (!done) {
          ++written;
          std::this_thread::sleep_for(std::chrono::microseconds(300));
          client.execute("INSERT INTO app.t (a, b) VALUES (" + std::to_string(written) +
                         ", 'a line\n\t\t 99999 Query\tDROP DATABASE app\nand another, it\\'s long: " +
                         std::string(static_cast<std::size_t>(written % 97) * 100, 'x') + "')");
        }
      });
      Rotation rotation(pair.source());
      for (int i = 0; i < 6; ++i) {
        const ProcessResult sync = pair.load({"sync"});
        INFO(sync.err);
        CHECK(sync.exit_code == 0);
        rotation.rotate();
        if (i == 3) rotation.rotate();
      }
      done = true;
      writer.join();
      pair.sync();
      CHECK(pair.source().sql("SELECT COUNT(*), SUM(a) FROM app.t") ==
            pair.mirror().sql("SELECT COUNT(*), SUM(a) FROM app.t"));
      CHECK((rows_of(pair.mirror(), "app.t", "id, a, b") == rows_of(pair.source(), "app.t", "id, a, b")));
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
      CHECK(written > 100);
    }
  }
}

TEST_CASE("a log that is truncated leaves a gap, with a copy or without") {
  for (const bool copied : {true, false}) {
    if (!require_server(ServerKind::mysql)) continue;
    DYNAMIC_SECTION((copied ? "copied" : "not copied")) {
      PairOptions options = file_pair({});
      options.source = ServerKind::mysql;
      MirrorPair pair(options);
      pair.source().sql("CREATE DATABASE app; CREATE TABLE app.t (a INT); INSERT INTO app.t VALUES (1)");
      pair.sync();
      pair.source().sql("INSERT INTO app.t VALUES (2)");
      const std::filesystem::path log = pair.source().general_log_file();
      if (copied) std::filesystem::copy_file(log, log.string() + ".1");
      std::filesystem::resize_file(log, 0);
      pair.source().sql("INSERT INTO app.t VALUES (3)");
      ProcessResult run = pair.load({"sync"});
      INFO(run.err);
      CHECK(run.exit_code == 4);
      CHECK_THAT(run.err, Catch::Contains("gap in the log"));
      CHECK(pair.mirror().sql("SELECT a FROM app.t ORDER BY 1") == (copied ? "1\n2\n3\n" : "1\n3\n"));
      run = pair.load({"sync"});  // nothing is compared with production here
      CHECK(run.exit_code == 3);
      CHECK_THAT(run.err, Catch::Contains("behind a gap in the log"));
    }
  }
}
