#include <deque>

#include "extractor/collector.h"
#include "extractor/request.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::extract;

namespace {

struct Row {
  std::string text;
  Micros time;
};

struct Table {
  std::string fingerprint;
  std::vector<Row> rows;
};

// A log in memory that rotates when told to, also in the middle of a batch.
class FakeLog : public LogSource {
 public:
  std::deque<Table> tables;       // oldest first, the last is current
  std::function<void()> on_read;  // before each read
  std::uint64_t hidden = 0;       // rows at the end of the current table that reads do not see yet

  std::vector<Generation> generations() override {
    std::vector<Generation> out;
    for (const Table& table : tables) {
      if (!table.rows.empty())
        out.push_back({table.fingerprint, table.rows[0].time, &table == &tables.back()});
    }
    return out;
  }

  ReadEnd read(const Generation& generation, std::uint64_t index, std::uint64_t limit,
               const RowVisitor& visitor) override {
    if (on_read) on_read();
    const Table* table = find(generation);
    if (table == nullptr) return ReadEnd::moved;
    const std::uint64_t size = visible(*table);
    if (index > size) return ReadEnd::past_end;
    for (std::uint64_t i = index; i < std::min(size, index + limit); ++i) {
      const Row& row = table->rows[i];
      const Micros before = i == 0 ? 0 : table->rows[i - 1].time;
      if (!visitor({i, i + 1, row.time, "shop[shop] @ h []", i % 3, "Query", row.text, false, before}))
        return ReadEnd::stopped;
    }
    return size - index >= limit ? ReadEnd::limit : ReadEnd::log_end;
  }

  std::optional<GenerationSize> measure(const Generation& generation) override {
    const Table* table = find(generation);
    if (table == nullptr) return std::nullopt;
    return GenerationSize{table->rows.size(), table->rows.size(), 0, table->rows.back().time};
  }

  std::string place_of(const Generation&) const override { return "memory"; }

  void rotate(const std::string& fingerprint) { tables.push_back({fingerprint, {}}); }
  void write(const std::string& text) { tables.back().rows.push_back({text, ++clock_ * 1'000'000}); }

 private:
  const Table* find(const Generation& generation) const {
    for (const Table& table : tables) {
      if (table.fingerprint == generation.fingerprint) return &table;
    }
    return nullptr;
  }
  std::uint64_t visible(const Table& table) const {
    return table.rows.size() - (&table == &tables.back() ? hidden : 0);
  }

  Micros clock_ = 0;
};

std::string name(char c) {
  return std::string(32, c);
}

struct TwoGenerations : FakeLog {
  TwoGenerations() {
    tables.push_back({name('a'), {}});
    for (int i = 0; i < 5; ++i) write("INSERT INTO t VALUES (" + std::to_string(i) + ")");
    rotate(name('b'));
    for (int i = 5; i < 10; ++i) write("INSERT INTO t VALUES (" + std::to_string(i) + ")");
  }
};

CollectRequest ask(std::optional<Cursor> after = std::nullopt, std::uint64_t max_bytes = 1'000'000) {
  CollectRequest request;
  request.after = std::move(after);
  request.max_bytes = max_bytes;
  return request;
}

Collected collect(LogSource& log, CollectRequest request, LiveWatch* live = nullptr) {
  Filter filter({{}, "dwx", false});
  return Collector(log, filter, live, std::move(request)).run();
}

Batch decoded(Collected collected) {
  BatchHeader header;
  header.source.id = "test";
  header.next = collected.next;
  header.generations = collected.generations;
  return decode_batch(std::move(collected.events).finish(header));
}

}  // namespace

TEST_CASE("BatchSpansGenerations") {
  TwoGenerations log;
  Collected out = collect(log, ask());
  CHECK(out.next.same_place({name('b'), 5, 0}));
  CHECK_FALSE(out.more);
  CHECK(out.reached_current);
  const Batch batch = decoded(std::move(out));
  REQUIRE(batch.events.size() == 10);
  CHECK(batch.header.generations == std::vector{name('a'), name('b')});
  CHECK(batch.events[4].generation == 0);
  CHECK(batch.events[5].generation == 1);
  CHECK(batch.events[5].index == 0);
}

TEST_CASE("BatchGoesOnAfterACursor") {
  TwoGenerations log;
  CHECK(collect(log, ask(Cursor{name('a'), 4, 0})).events.count() == 6);
  CHECK(collect(log, ask(Cursor{name('b'), 0, 0})).events.count() == 5);
  const Collected end = collect(log, ask(Cursor{name('b'), 5, 77}));
  CHECK(end.events.count() == 0);
  CHECK(end.next.same_place({name('b'), 5, 0}));
  CHECK_FALSE(end.more);
}

TEST_CASE("SmallBatchesAddUpToTheWholeLog") {
  TwoGenerations log;
  std::optional<Cursor> cursor;
  std::size_t events = 0;
  for (int i = 0; i < 10; ++i) {
    const Collected out = collect(log, ask(cursor, 1));
    CHECK(out.events.count() == 1);
    CHECK(out.more == (i < 9));
    events += out.events.count();
    cursor = out.next;
  }
  CHECK(events == 10);
}

TEST_CASE("NextPassesOverDroppedRows") {
  TwoGenerations log;
  log.write("SELECT 1");
  Collected out = collect(log, ask());
  CHECK(out.next.same_place({name('b'), 6, 0}));
  CHECK(out.dropped.at("read") == 1);
}

TEST_CASE("CursorOfARotatedAwayLogIsAGap") {
  TwoGenerations log;
  const Cursor lost{name('0'), 3, 500'000};
  const Collected out = collect(log, ask(lost));
  REQUIRE(out.gap);
  CHECK(out.gap->after.same_place(lost));
  CHECK(out.gap->resumes_at.same_place({name('a'), 0, 0}));
  CHECK(out.events.count() == 10);
}

TEST_CASE("TruncatedLogBesideAnOlderOneIsAGap") {
  TwoGenerations log;
  log.tables.back() = {name('c'), {}};
  // Nothing is logged yet: whether anything was lost shows later.
  const Cursor lost{name('b'), 3, 8'000'000};
  const Collected waiting = collect(log, ask(lost));
  CHECK(waiting.next.same_place(lost));
  CHECK_FALSE(waiting.gap);
  log.write("INSERT INTO t VALUES (10)");
  const Collected out = collect(log, ask(lost));
  REQUIRE(out.gap);
  CHECK(out.gap->resumes_at.same_place({name('c'), 0, 0}));
  CHECK(out.events.count() == 1);
}

TEST_CASE("UnknownCursorFromTheMidstOfAnotherLogIsAnError") {
  TwoGenerations log;
  CHECK_THROWS_AS(collect(log, ask(Cursor{name('0'), 3, 3'000'000})), RequestError);
}

TEST_CASE("CursorOfNobodysLogIsAnError") {
  TwoGenerations log;
  CHECK_THROWS_AS(collect(log, ask(Cursor{name('0'), 3, 8'000'000})), RequestError);
  CHECK_THROWS_AS(collect(log, ask(Cursor{name('b'), 6, 0})), RequestError);
  CHECK_THROWS_AS(collect(log, ask(Cursor{name('a'), 6, 0})), RequestError);
}

TEST_CASE("ShortReadOfTheCurrentLogIsNoError") {
  TwoGenerations log;
  log.hidden = 2;
  int reads = 0;
  log.on_read = [&] { log.hidden = ++reads > 1 ? 0 : 2; };
  const Collected out = collect(log, ask(Cursor{name('b'), 5, 0}));
  CHECK(out.events.count() == 0);
  CHECK(out.next.same_place({name('b'), 5, 0}));
}

TEST_CASE("RotationBetweenLookUpAndReadLosesNothing") {
  TwoGenerations log;
  bool rotated = false;
  log.on_read = [&] {
    if (rotated) return;
    rotated = true;
    log.tables.pop_front();
    log.rotate(name('c'));
    log.write("INSERT INTO t VALUES (10)");
  };
  const Collected out = collect(log, ask(Cursor{name('b'), 0, 0}));
  // What was looked up as current is not any more: its rows come, and more may follow.
  std::size_t events = out.events.count();
  Cursor cursor = out.next;
  for (int i = 0; i < 3; ++i) {
    const Collected next = collect(log, ask(cursor));
    events += next.events.count();
    cursor = next.next;
  }
  CHECK(events == 6);
  CHECK(cursor.same_place({name('c'), 1, 0}));
}

TEST_CASE("BackupThatReadsShortEndsTheBatch") {
  TwoGenerations log;
  class ShortBackup : public LogSource {
   public:
    explicit ShortBackup(FakeLog& log) : log_(log) {}
    std::vector<Generation> generations() override { return log_.generations(); }
    ReadEnd read(const Generation& generation, std::uint64_t index, std::uint64_t,
                 const RowVisitor& visitor) override {
      if (generation.current) return log_.read(generation, index, 100, visitor);
      log_.read(generation, index, 2, visitor);
      return ReadEnd::log_end;
    }
    std::optional<GenerationSize> measure(const Generation& generation) override {
      return log_.measure(generation);
    }
    std::string place_of(const Generation& generation) const override { return log_.place_of(generation); }

   private:
    FakeLog& log_;
  } source(log);
  const Collected out = collect(source, ask());
  CHECK(out.events.count() == 2);
  CHECK(out.more);
  CHECK(out.next.same_place({name('a'), 2, 0}));
}

TEST_CASE("TimesLimitABatch") {
  TwoGenerations log;
  CollectRequest request = ask();
  request.since = 3'000'000;
  request.until = 7'000'000;
  Collected out = collect(log, request);
  CHECK_FALSE(out.more);
  CHECK(out.next.same_place({name('b'), 1, 0}));
  const Batch batch = decoded(std::move(out));
  REQUIRE(batch.events.size() == 4);
  CHECK(batch.events.front().time == 3'000'000);
  CHECK(batch.events.back().time == 6'000'000);
}

TEST_CASE("EmptyLogGivesAPlaceToStartFrom") {
  FakeLog log;
  log.tables.push_back({name('a'), {}});
  const Collected empty = collect(log, ask());
  CHECK(empty.events.count() == 0);
  CHECK_FALSE(empty.more);
  log.write("INSERT INTO t VALUES (1)");
  const Collected first = collect(log, ask(empty.next));
  CHECK(first.events.count() == 1);
  CHECK_FALSE(first.gap);
}

TEST_CASE("EmptyLogKeepsTheCursor") {
  FakeLog log;
  log.tables.push_back({name('a'), {}});
  const Cursor cursor{name('z'), 5, 9};
  CHECK(collect(log, ask(cursor)).next.same_place(cursor));
}

TEST_CASE("LiveSessionsNeedBothTheirStatements") {
  TwoGenerations log;
  log.write("/* dw-extract live n0nce */ SHOW PROCESSLIST");
  log.write("INSERT INTO t VALUES (11)");  // thread 0
  const Processes listed{{{1, "app"}, {42, ""}, {43, ""}}, std::set<std::uint64_t>{42}};
  LiveWatch cut("n0nce", listed);
  collect(log, ask(), &cut);
  CHECK_FALSE(cut.result());
  log.write("/* dw-extract live-end n0nce */ DO 0");
  LiveWatch live("n0nce", listed);
  collect(log, ask(), &live);
  REQUIRE(live.result());
  CHECK(live.result()->at == Position{1, 5});
  CHECK(live.result()->threads == std::vector<std::uint64_t>{0, 1, 42, 43});
  CHECK(live.result()->in_transaction == std::vector<std::uint64_t>{0, 1, 42});
  CHECK(live.result()->databases == std::map<std::uint64_t, std::string>{{1, "app"}});
}

TEST_CASE("AnotherNonceIsNotOurs") {
  TwoGenerations log;
  log.write("/* dw-extract live other */ SHOW PROCESSLIST");
  log.write("/* dw-extract live-end other */ DO 0");
  LiveWatch live("n0nce", {});
  collect(log, ask(), &live);
  CHECK_FALSE(live.result());
}

// As after a restore: the log's beginning is the same, and what came later is not.
TEST_CASE("AnotherRowAtTheCursorsPlaceIsRefused") {
  TwoGenerations log;  // a second between rows; that at place 4 of the first is of second 5
  const auto refused = [&](std::uint64_t index, Micros seconds) {
    try {
      collect(log, ask(Cursor{name('a'), index, seconds * 1'000'000}));
    } catch (const RequestError& error) {
      return error.name() == "unknown_cursor";
    }
    return false;
  };
  CHECK_FALSE(refused(4, 4));         // the time of the row in front
  CHECK_FALSE(refused(4, 5));         // that of the row behind
  CHECK_FALSE(refused(4, 4 + 7200));  // in another time zone
  CHECK_FALSE(refused(0, 100));       // nothing stands in front of it
  CHECK(refused(4, 100));
}
