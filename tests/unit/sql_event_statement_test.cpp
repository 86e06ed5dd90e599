#include "common/sql/event_statement.h"
#include "tests/support/catch.h"

using dw::sql::disabled_event;

namespace {

std::string disabled(std::string_view statement) {
  return disabled_event(statement).value_or("nothing");
}

}  // namespace

TEST_CASE("an event is created disabled") {
  CHECK(disabled("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t") ==
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM t");
  CHECK(disabled("create definer=a@b event if not exists app.e on schedule at now() + interval 1 hour "
                 "on completion not preserve enable comment 'x' do set @a=1") ==
        "create definer=a@b event if not exists app.e on schedule at now() + interval 1 hour "
        "on completion not preserve  DISABLE comment 'x' do set @a=1");
  CHECK(disabled("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE ON SLAVE DO DO 1") ==
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY  DISABLE DO DO 1");
  CHECK(disabled("CREATE EVENT e ON SCHEDULE EVERY 1 DAY COMMENT 'enable do' DO DO 1") ==
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE COMMENT 'enable do' DO DO 1");
}

TEST_CASE("the body and the event's name are left alone") {
  CHECK(disabled("CREATE EVENT enable ON SCHEDULE EVERY 1 DAY DO BEGIN ALTER EVENT x ENABLE; END") ==
        "CREATE EVENT enable ON SCHEDULE EVERY 1 DAY DISABLE DO BEGIN ALTER EVENT x ENABLE; END");
  CHECK(disabled("ALTER EVENT `e` RENAME TO enable ENABLE") == "ALTER EVENT `e` RENAME TO enable  DISABLE");
}

TEST_CASE("an event that is altered stays disabled") {
  CHECK(disabled("ALTER EVENT e ENABLE") == "ALTER EVENT e  DISABLE");
  CHECK(disabled("ALTER EVENT e RENAME TO other.f") == "ALTER EVENT e RENAME TO other.f DISABLE");
  CHECK(disabled("ALTER EVENT e COMMENT 'x'") == "ALTER EVENT e DISABLE COMMENT 'x'");
  CHECK(disabled("ALTER EVENT e ON SCHEDULE EVERY 2 DAY;") ==
        "ALTER EVENT e ON SCHEDULE EVERY 2 DAY; DISABLE");
}

TEST_CASE("an event of a dump stands in version comments") {
  CHECK(disabled("/*!50106 CREATE*/ /*!50117 DEFINER=`a`@`b`*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY ON "
                 "COMPLETION NOT PRESERVE ENABLE DO DO 1 */") ==
        "/*!50106 CREATE*/ /*!50117 DEFINER=`a`@`b`*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY ON "
        "COMPLETION NOT PRESERVE  DISABLE DO DO 1 */");
  CHECK(disabled("CREATE EVENT e ON SCHEDULE EVERY 1 DAY /*!99999 COMMENT 'x' */ DO DO 1") == "nothing");
}

TEST_CASE("what is no event has no such form") {
  CHECK(disabled("CREATE TABLE event (a INT)") == "nothing");
  CHECK(disabled("CREATE EVENT") == "nothing");
  CHECK(disabled("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 'open") == "nothing");
  CHECK(disabled("") == "nothing");
}
