// The archive policy on real servers: live tables are as production's, and what left them is in the archive.

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

PairOptions archiving(PairOptions options) {
  options.retention = "archive";
  return options;
}

std::string kept(MirrorPair& pair, const std::string& table, const std::string& columns) {
  return pair.mirror().sql("SELECT " + columns + ", dw_reason FROM app_archive." + table +
                           " ORDER BY 1, 2, dw_reason");
}

void check_equal(MirrorPair& pair, std::initializer_list<const char*> tables) {
  for (const std::string table : tables) {
    INFO(table);
    CHECK(rows_of(pair.mirror(), "app." + table) == rows_of(pair.source(), "app." + table));
  }
}

}  // namespace

TEST_CASE("what leaves a live table is in the archive") {
  for (const PairOptions& options : all_pairs()) {
    INFO(name_of(options));
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    MirrorPair pair(archiving(options));
    DatabaseServer& production = pair.source();
    production.sql(
        "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), u INT, UNIQUE "
        "(u)); "
        "INSERT INTO t VALUES (1,'one',1),(2,'two',2),(3,'three',3),(4,'four',4),(5,'five',5),(6,'six',6)");
    pair.sync();
    CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_archive.t") == "0\n");
    CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_all.t WHERE dw_deleted_at IS NULL") == "6\n");

    production.sql(
        "USE app; DELETE FROM t WHERE id=1; REPLACE INTO t VALUES (9,'nine',2); "
        "DELETE FROM t ORDER BY id LIMIT 1; BEGIN; DELETE FROM t WHERE id=4; ROLLBACK; DELETE FROM t WHERE "
        "id=99");
    pair.sync();
    check_equal(pair, {"t"});
    CHECK(kept(pair, "t", "id, a, u") == "1\tone\t1\tdelete\n2\ttwo\t2\treplace\n3\tthree\t3\tdelete\n");
    CHECK(pair.mirror().sql(
              "SELECT reason, rows_kept, database_name, statement FROM dw_meta.ledger ORDER BY id") ==
          "delete\t1\tapp\tDELETE FROM t WHERE id=1\nreplace\t1\tapp\tREPLACE INTO t VALUES (9,'nine',2)\n"
          "delete\t1\tapp\tDELETE FROM t ORDER BY id LIMIT 1\n");
    CHECK(pair.mirror().sql(
              "SELECT COUNT(*) FROM app_archive.t a JOIN dw_meta.ledger l ON l.log_cursor=a.dw_event "
              "AND l.event_at=a.dw_deleted_at") == "3\n");
    CHECK(pair.mirror().sql(
              "SELECT SUM(received)=SUM(applied+retained+withheld+rolled_back+`inner`+ignored+failed), "
              "SUM(retained) FROM dw_meta.batches") == "1\t3\n");

    production.sql(
        "USE app; TRUNCATE t; INSERT INTO t VALUES (20,'twenty',20); ALTER TABLE t ADD COLUMN b INT; "
        "INSERT INTO t VALUES (21,'twenty-one',21,5); ALTER TABLE t DROP COLUMN a; DELETE FROM t WHERE "
        "id=20; "
        "DROP TABLE t");
    pair.sync();
    CHECK(pair.mirror().sql("SELECT dw_reason, COUNT(*) FROM app_all.t GROUP BY 1 ORDER BY 1") ==
          "delete\t3\ndrop column\t2\ndrop table\t1\nreplace\t1\ntruncate\t4\n");
    CHECK(
        pair.mirror().sql("SELECT id, a, b, dw_reason FROM app_all.t WHERE id > 19 ORDER BY 1, dw_reason") ==
        "20\tNULL\tNULL\tdelete\n20\ttwenty\tNULL\tdrop column\n21\ttwenty-one\t5\tdrop "
        "column\n21\tNULL\t5\tdrop table\n");
    CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
  }
}
