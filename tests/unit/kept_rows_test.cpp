// Rows that stay in place: which tables a text may mean, and the SQL of stores.
#include "loader/retention/archive/archive_table.h"
#include "loader/retention/kept/kept_table.h"
#include "loader/retention/kept/mentions.h"
#include "tests/support/catch.h"

using namespace dw::load;

namespace {

TableShape shape() {
  TableShape out;
  out.id = {"app", "t"};
  out.engine = "InnoDB";
  out.columns = {{"id", "int(11)", "", "", false}, {"a b", "varchar(20)", "latin1", "latin1_swedish_ci"}};
  out.key = {{"id", std::nullopt}};
  out.key_is_primary = true;
  return out;
}

}  // namespace

TEST_CASE("a text mentions the names that are words of it") {
  Mentions words;
  words.add("delete from `Orders` where app.x1=/*!50000 5*/1 and y$_='items' /*!50706notes*/");
  for (const char* name : {"orders", "ORDERS", "app", "x1", "y$_", "items", "notes"}) {
    INFO(name);
    CHECK(words.has(name));
  }
  for (const char* name : {"order", "item", "x", "50000t"}) {
    INFO(name);
    CHECK_FALSE(words.has(name));
  }
}

TEST_CASE("a name that can be written in many ways is taken to be meant") {
  for (const char* name : {"a b", "caf\xC3\xA9", "5", ""}) CHECK(Mentions().has(name));
}

TEST_CASE("rows stay where each is told from others and goes with its transaction") {
  CHECK(rows_can_stay(shape()));
  TableShape other = shape();
  other.engine = "MyISAM";
  CHECK_FALSE(rows_can_stay(other));
  other = shape();
  other.key_is_primary = false;
  CHECK_FALSE(rows_can_stay(other));
  other = shape();
  other.key[0].prefix = 10;
  CHECK_FALSE(rows_can_stay(other));
  other = shape();
  other.versioned = true;
  CHECK_FALSE(rows_can_stay(other));
  other = shape();
  other.columns.push_back({"dw_shown", "int(11)", "", ""});
  CHECK_FALSE(rows_can_stay(other));
}

TEST_CASE("a store fits its table, and keeps what it can when the table changes") {
  const Store store = store_for(shape(), 7);
  CHECK(store.table == TableId{"dw_meta", "kept_7"});
  CHECK(fits(store, shape()));
  TableShape wider = shape();
  wider.columns.push_back({"c", "int(11)", "", ""});
  CHECK_FALSE(fits(store, wider));
  CHECK(same_key(store, store_for(wider, 8)));
  CHECK(move_rows(store, store_for(wider, 8)) ==
        "INSERT IGNORE INTO `dw_meta`.`kept_8` (`id`, `a b`, dw_left_at) SELECT `id`, `a b`, dw_left_at FROM "
        "`dw_meta`.`kept_7`");
  TableShape other_key = shape();
  other_key.columns[0].type = "bigint(20)";
  CHECK_FALSE(same_key(store, store_for(other_key, 9)));
}

TEST_CASE("the trigger notes a row that leaves, unless it is a kept one that is taken out") {
  Keeping keeping{shape(), {{{"app_archive", "t"}, ""}}, store_for(shape(), 7)};
  const std::string trigger = delete_trigger(keeping, {}, {}, Replacing::takes_children).create;
  CHECK_THAT(trigger, Catch::Contains("IF @dw_taking_out IS NULL THEN INSERT INTO `app_archive`.`t`"));
  CHECK_THAT(trigger, Catch::Contains("REPLACE INTO `dw_meta`.`kept_7` (`id`, `a b`, dw_left_at) VALUES "
                                      "(OLD.`id`, OLD.`a b`, COALESCE(@dw_at, UTC_TIMESTAMP(6)))"));
  keeping.store.reset();
  CHECK_THAT(delete_trigger(keeping, {}, {}, Replacing::takes_children).create,
             !Catch::Contains("kept_") && !Catch::Contains("dw_taking_out"));
}

TEST_CASE("a dropped table is made again without its foreign keys") {
  CHECK(
      standing_alone("CREATE TABLE `t` (\n  `id` int NOT NULL COMMENT 'x\\n  CONSTRAINT `y` FOREIGN KEY (',\n"
                     "  PRIMARY KEY (`id`),\n  CONSTRAINT `a` FOREIGN KEY (`id`) REFERENCES `p` (`id`)\n) "
                     "ENGINE=InnoDB",
                     {"app", "t"}) ==
      "CREATE TABLE `app`.`t` (\n  `id` int NOT NULL COMMENT 'x\\n  CONSTRAINT `y` FOREIGN KEY (',\n"
      "  PRIMARY KEY (`id`)\n) ENGINE=InnoDB");
}
