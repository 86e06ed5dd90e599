#include "extractor/counter_watch.h"
#include "extractor/filter.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::extract;

namespace {

LogRow row(std::string_view text, std::string_view user = "shop[shop] @ h []") {
  LogRow out;
  out.text = text;
  out.user_host = user;
  out.thread_id = 7;
  out.command_type = "Query";
  return out;
}

Tally tally_after(std::initializer_list<std::string_view> texts) {
  Filter filter({{"app"}, "dwx", false});
  for (const std::string_view text : texts) filter.judge(row(text));
  return filter.tally();
}

}  // namespace

TEST_CASE("statements are counted as the server counts them, of every schema") {
  CHECK(tally_after({"INSERT INTO a VALUES (1)", "REPLACE INTO other.b SELECT 1", "UPDATE a, b SET a.x=1",
                     "DELETE FROM a", "TRUNCATE a", "LOAD DATA LOCAL INFILE 'x' INTO TABLE a",
                     "EXPLAIN INSERT INTO a VALUES (1)", "WITH c AS (SELECT 1) DELETE FROM a",
                     "SET STATEMENT max_statement_time=5 FOR INSERT INTO a VALUES (1)",
                     "ANALYZE UPDATE a SET b=1"})
            .changes == 10);
  CHECK(tally_after({"SELECT 1", "SET @a=1", "BEGIN", "COMMIT", "CREATE TABLE t (a INT)"}) == Tally{});
  CHECK(tally_after({"INSERT INTO a VALUES (1); UPDATE a SET b=2; SELECT 3"}).changes == 2);
}

TEST_CASE("calls hide what they run, and bulk executions how many they are") {
  CHECK(tally_after({"CALL p()"}).calls == 1);
  CHECK(tally_after({"BEGIN NOT ATOMIC INSERT INTO a VALUES (1); END"}).calls == 1);
  CHECK(tally_after({"INSERT INTO a VALUES (?,?)"}).unclear == 1);
}

TEST_CASE("a reading of the counters is known by dw-extract's own two statements") {
  CounterWatch watch;
  const std::string values = counters_text(5, {{"Com_insert", 12}});
  const std::string counted = counted_marker(values) + "DO 0";
  watch.observe(0, row(counted), {1, 0, 0});
  CHECK(watch.readings().empty());  // what it was read from is not known
  watch.observe(0, row(kCountingMarker), {2, 0, 0});
  LogRow last = row(counted);
  last.index = 9;
  watch.observe(1, last, {3, 0, 0});
  REQUIRE(watch.readings().size() == 1);
  const CounterReading& one = watch.readings()[0];
  CHECK(one.at == Position{1, 9});
  CHECK(one.started == 5);
  CHECK(one.values.at("Com_insert") == 12);
  CHECK(one.before.changes == 2);
  CHECK(one.through.changes == 3);
}
