// The policy in-place with an archive of its own for each month: batches whose events lie months apart.

#include "common/log/batch.h"
#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

// One session's statements, in app, from this time on, a second apart.
class Log {
 public:
  std::string batch(const char* time, const std::vector<std::string>& statements) {
    dw::BatchEncoder encoder;
    dw::BatchHeader header;
    header.source.id = "periods";
    header.generations = {dw::generation_fingerprint("periods")};
    header.databases = {"app"};
    if (next_ > 0) header.after = dw::Cursor{header.generations[0], next_, 0};
    dw::Event event;
    event.time = dw::parse_time(time).value();
    event.thread_id = 5;
    event.user_host = "app[app] @ web [10.0.0.5]";
    event.command = dw::Command::query;
    for (const std::string& statement : statements) {
      event.index = next_++;
      event.time += 1'000'000;
      event.text = statement;
      encoder.add(event);
    }
    header.next = {header.generations[0], next_, event.time};
    return std::move(encoder).finish(header);
  }

 private:
  std::uint64_t next_ = 0;
};

void run_batch(MirrorPair& pair, const std::string& batch) {
  write_file(pair.file("batch.json"), batch);
  const ProcessResult result = pair.load({"apply", pair.file("batch.json")});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
}

}  // namespace

TEST_CASE("in place, by month: what left stays, and is in the archive of its month") {
  for (const ServerKind kind : {ServerKind::mariadb, ServerKind::mysql}) {
    INFO(to_string(kind));
    if (!require_server(kind)) continue;
    PairOptions options;
    options.web = Web::none;
    options.source = options.mirror = kind;
    options.retention = "in-place";
    options.load_extra = R"(, "archive": {"split_by": "month"})";
    MirrorPair pair(options);
    Log log;
    run_batch(pair, log.batch("2026-01-30", {"CREATE DATABASE app", "USE app",
                                             "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9))",
                                             "INSERT INTO t VALUES (1,'a'),(2,'b'),(3,'c'),(4,'d')",
                                             "DELETE FROM t WHERE id=1"}));
    run_batch(pair,
              log.batch("2026-02-02", {"DELETE FROM t WHERE id=2", "INSERT INTO t VALUES (1,'again')"}));
    // The month ends within the batch.
    run_batch(pair, log.batch("2026-02-28 23:59:58", {"DELETE FROM t WHERE id=3",
                                                      "UPDATE t SET v='late' WHERE id=4", "TRUNCATE t"}));
    const auto sql = [&](const std::string& text) { return pair.mirror().sql(text); };
    CHECK(sql("SELECT * FROM app.t ORDER BY id") == "1\tagain\n2\tb\n3\tc\n4\tlate\n");
    CHECK(sql("SELECT id, v, dw_reason FROM app_archive.t__2026_01 ORDER BY id") == "1\ta\tdelete\n");
    CHECK(sql("SELECT id, v, dw_reason FROM app_archive.t__2026_02 ORDER BY id") ==
          "2\tb\tdelete\n3\tc\tdelete\n");
    CHECK(sql("SELECT id, v, dw_reason FROM app_archive.t__2026_03 ORDER BY id") ==
          "1\tagain\ttruncate\n4\tlate\ttruncate\n");
    CHECK(sql("SELECT id, v, dw_reason FROM app_all.t ORDER BY dw_deleted_at, id") ==
          "1\ta\tdelete\n2\tb\tdelete\n3\tc\tdelete\n1\tagain\ttruncate\n4\tlate\ttruncate\n");
  }
}
