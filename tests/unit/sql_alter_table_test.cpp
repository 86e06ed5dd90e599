#include "common/sql/alter_table.h"
#include "tests/support/catch.h"

TEST_CASE("what an ALTER takes away") {
  const auto drops = [](const char* text) { return dw::sql::what_it_drops(dw::sql::classify(text)); };
  CHECK(drops("ALTER TABLE t DROP COLUMN a") == "DROP COLUMN");
  CHECK(drops("alter table t add b int, drop a") == "DROP COLUMN");
  CHECK(drops("ALTER TABLE t DROP `index`") == "DROP COLUMN");
  CHECK(drops("ALTER TABLE t DROP PARTITION p0") == "DROP PARTITION");
  CHECK(drops("ALTER TABLE t TRUNCATE PARTITION p0") == "TRUNCATE PARTITION");
  CHECK(drops("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u") == "EXCHANGE PARTITION");
  CHECK(drops("CREATE OR REPLACE TABLE t (a int)") == "CREATE OR REPLACE TABLE");
  CHECK(drops("ALTER TABLE t DROP period") == "DROP COLUMN");
  CHECK(drops("ALTER TABLE t DROP system, ADD b INT") == "DROP COLUMN");
  CHECK(drops("ALTER TABLE t COMMENT '\\', DROP COLUMN c") == "DROP COLUMN");
  CHECK(drops("ALTER TABLE t DISCARD TABLESPACE") == "DISCARD TABLESPACE");
  CHECK(drops("ALTER TABLE t ENGINE=BLACKHOLE") == "ENGINE=BLACKHOLE");
  CHECK(drops("ALTER TABLE t DROP PERIOD FOR SYSTEM_TIME").empty());
  CHECK(drops("ALTER TABLE t DROP SYSTEM VERSIONING").empty());
  for (const char* text :
       {"ALTER TABLE t DROP INDEX i", "ALTER TABLE t DROP PRIMARY KEY", "ALTER TABLE t DROP FOREIGN KEY f",
        "ALTER TABLE t DROP KEY k", "ALTER TABLE t DROP CONSTRAINT c",
        "ALTER TABLE t ALTER COLUMN a DROP DEFAULT", "ALTER TABLE t ADD COLUMN a varchar(9) DEFAULT 'DROP x'",
        "ALTER TABLE t COMMENT 'drop column a'", "CREATE TABLE t (a int)", "ALTER TABLE t ADD `drop` int"}) {
    INFO(text);
    CHECK(drops(text).empty());
  }
}
