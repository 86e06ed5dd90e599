#include "loader/plan/session_values.h"

#include <nlohmann/json.hpp>

#include "loader/plan/session_table.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::load;

TEST_CASE("a session's values are the same behind the checkpoint") {
  SessionTable table;
  Event connect;
  connect.thread_id = 7;
  connect.command = Command::connect;
  connect.text = "app@web on app using TCP/IP";
  table.observe(connect);
  SessionValues& values = table.at(7).values;
  CHECK(values.from_start);
  CHECK(values.last_insert_id == 0);
  values.last_insert_id = 18446744073709551615U;
  values.variables = {{"x", "_utf8mb4 x'41' COLLATE utf8mb4_bin"}};
  values.doubtful_variables = {"y"};
  values.temporaries = {{"app", "t", TemporaryTable::Place::copy, 3, 9, true}};
  const SessionTable again = SessionTable::from_json(nlohmann::json::parse(table.to_json().dump()));
  REQUIRE(again.find(7) != nullptr);
  const SessionValues& same = again.find(7)->values;
  CHECK(same.from_start);
  CHECK(same.last_insert_id == values.last_insert_id);
  CHECK(same.variables == values.variables);
  CHECK(same.doubtful_variables == values.doubtful_variables);
  REQUIRE(same.temporaries.size() == 1);
  CHECK(same.temporaries[0].table == "t");
  CHECK(same.temporaries[0].place == TemporaryTable::Place::copy);
  CHECK(same.temporaries[0].copy == 3);
  CHECK(same.temporaries[0].next_id == 9);
  CHECK(same.temporaries[0].doubtful);
}

TEST_CASE("a session of an earlier version's checkpoint began before the log, as far as is known") {
  const SessionTable table = SessionTable::from_json({{"7", {{"autocommit", true}}}});
  CHECK_FALSE(table.find(7)->values.from_start);
  CHECK_FALSE(table.find(7)->values.last_insert_id);
}
