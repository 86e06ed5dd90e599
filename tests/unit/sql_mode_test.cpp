#include "loader/plan/sql_mode.h"

#include "loader/plan/session_table.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::load;

namespace {

std::string evaluated(const std::string& expression) {
  const ModeScope scope{"STRICT_TRANS_TABLES,ANSI_QUOTES", "STRICT_TRANS_TABLES", {{"old", "IGNORE_SPACE"}}};
  return evaluate_sql_mode(expression, scope).value_or("?");
}

Session after(const std::vector<std::string>& statements) {
  SessionTable table;
  table.set_defaults({true, "STRICT_TRANS_TABLES"});
  table.at(1).sql_mode = "STRICT_TRANS_TABLES";
  for (const std::string& sql : statements) table.observe(1, sql::classify(sql));
  return table.at(1);
}

}  // namespace

TEST_CASE("the common forms of SET sql_mode are known without a server") {
  CHECK(evaluated("''").empty());
  CHECK(evaluated("'ansi_quotes'") == "ANSI_QUOTES");
  CHECK(evaluated("ANSI_QUOTES") == "ANSI_QUOTES");
  CHECK(evaluated("DEFAULT") == "STRICT_TRANS_TABLES");
  CHECK(evaluated("4") == "ANSI_QUOTES");
  CHECK(evaluated("1048580") == "ANSI_QUOTES,NO_BACKSLASH_ESCAPES");
  CHECK(evaluated("0").empty());
  CHECK(evaluated("@@sql_mode") == "STRICT_TRANS_TABLES,ANSI_QUOTES");
  CHECK(evaluated("@@GLOBAL.sql_mode") == "STRICT_TRANS_TABLES");
  CHECK(evaluated("@OLD") == "IGNORE_SPACE");
  CHECK(evaluated("CONCAT(@@sql_mode, ',', 'PIPES_AS_CONCAT')") ==
        "STRICT_TRANS_TABLES,ANSI_QUOTES,PIPES_AS_CONCAT");
  CHECK(evaluated("(REPLACE(@@session.sql_mode, 'ANSI_QUOTES', ''))") == "STRICT_TRANS_TABLES,");
  CHECK(evaluated("sys.list_add(@@sql_mode, 'IGNORE_SPACE')") ==
        "STRICT_TRANS_TABLES,ANSI_QUOTES,IGNORE_SPACE");
  CHECK(evaluated("sys.list_drop(@@sql_mode, 'ANSI_QUOTES')") == "STRICT_TRANS_TABLES");
}

TEST_CASE("what cannot be known without a server is not guessed") {
  for (const char* expression :
       {"@unknown", "(SELECT m FROM t)", "CONCAT(@@sql_mode, @unknown)", "IF(1, 'a', 'b')", "@@other", "'a' 'b'",
        "CONCAT('a'", "", "4.5"}) {
    INFO(expression);
    CHECK(evaluated(expression) == "?");
  }
}

TEST_CASE("a session's sql_mode is followed through the variables that it is kept in") {
  CHECK(after({"SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='ANSI_QUOTES'"}).sql_mode == "ANSI_QUOTES");
  CHECK(after({"SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='ANSI_QUOTES'", "SET SQL_MODE=@OLD_SQL_MODE"}).sql_mode ==
        "STRICT_TRANS_TABLES");
  const Session lost = after({"SET sql_mode=(SELECT m FROM t)"});
  CHECK_FALSE(lost.sql_mode_known);
  CHECK(after({"SET sql_mode=(SELECT m FROM t)", "SET sql_mode=''"}).sql_mode_known);
  CHECK_FALSE(after({"SET sql_mode=(SELECT m FROM t)", "SET sql_mode=CONCAT(@@sql_mode,',ANSI')"}).sql_mode_known);
  CHECK_FALSE(after({"SET @o=@@sql_mode", "SET @o=f()", "SET sql_mode=@o"}).sql_mode_known);
}
