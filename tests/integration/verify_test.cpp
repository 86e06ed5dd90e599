// The mirror proves itself: what differs from production is found and mended by the next sync, or named with
// exit 3.
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/client.h"
#include "tests/support/mirror_pair.h"
#include "tests/support/type_rows.h"

namespace {

using namespace dw::test;

PairOptions verifying(PairOptions options) {
  options.retention = "archive";
  options.verify = true;
  return options;
}

std::string table(DatabaseServer& server, const std::string& name) {
  return rows_of(server, "app." + name);
}

struct Fault {
  std::string name;
  std::string on_mirror;      // by hand
  std::string on_production;  // afterwards
};

void check_equal(MirrorPair& pair, const std::vector<std::string>& tables) {
  for (const std::string& name : tables) {
    INFO(name);
    CHECK(table(pair.mirror(), name) == table(pair.source(), name));
  }
}

}  // namespace

TEST_CASE("what somebody did by hand on the mirror is mended by the next look") {
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one));
      pair.source().sql(
          "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(20), u "
          "INT UNIQUE);"
          "CREATE TABLE bag (a INT, b VARCHAR(10));"
          "CREATE TABLE gone (id INT PRIMARY KEY, x JSON, d DATETIME(6), f FLOAT);"
          "INSERT INTO t (a,u) VALUES ('one',1),('two',2),('three',3),('four',4);"
          "INSERT INTO bag VALUES (1,'x'),(1,'x'),(2,NULL);"
          "INSERT INTO gone VALUES (1,'{\"a\": [2], \"b\": 1}','2026-01-01 00:00:00.123456',1.1)");
      pair.sync();
      check_equal(pair, {"t", "bag", "gone"});
      CHECK(pair.mirror().sql("SELECT COUNT(*) > 0 FROM dw_meta.chunks WHERE verified_at IS NULL") == "0\n");
      const std::vector<Fault> faults{
          {"a row changed", "UPDATE app.t SET a='wrong' WHERE id=2", ""},
          {"a row deleted", "DELETE FROM app.t WHERE id=3", ""},
          {"a row added", "INSERT INTO app.t VALUES (9,'mine',9)", ""},
          {"unique values swapped", "UPDATE app.t SET u=NULL; UPDATE app.t SET u=5-id WHERE id<=4", ""},
          {"a bag's row changed", "UPDATE app.bag SET b='y' WHERE b='x' LIMIT 1", ""},
          {"a table dropped", "DROP TABLE app.gone", ""},
      };
      for (const Fault& fault : faults) {
        INFO(fault.name);
        pair.mirror().sql(fault.on_mirror);
        const ProcessResult seen = pair.load({"verify"});
        INFO(seen.out << seen.err);
        CHECK(seen.exit_code == 3);
        const ProcessResult mended = pair.load({"verify", "--repair"});
        INFO(mended.out << mended.err);
        CHECK(mended.exit_code == 0);
        check_equal(pair, {"t", "bag", "gone"});
      }
      // An id that was taken unseen: the next one is not what the mirror's counter says; nor where the
      // mirror's table never had a row.
      pair.source().sql("CREATE TABLE app.fresh (id INT AUTO_INCREMENT PRIMARY KEY, a TEXT)");
      pair.sync();
      pair.source().sql(
          "SET sql_log_off=1; INSERT INTO app.t (a) VALUES ('unseen'); DELETE FROM app.t WHERE a='unseen';"
          "INSERT INTO app.fresh (a) VALUES ('unseen'); DELETE FROM app.fresh");
      CHECK(pair.load({"verify"}).exit_code == 3);
      CHECK(pair.load({"verify", "--repair"}).exit_code == 0);
      pair.source().sql(
          "INSERT INTO app.t (a) VALUES ('takes the next id'); INSERT INTO app.fresh (a) VALUES "
          "('likewise')");
      pair.sync();
      check_equal(pair, {"t", "fresh"});
      CHECK(pair.mirror().sql("SELECT id, a, dw_reason FROM app_archive.t WHERE dw_reason='absent'") ==
            "9\tmine\tabsent\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_archive.t WHERE dw_reason='repair' AND a='wrong'") ==
            "1\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_all.t WHERE a='wrong'") == "0\n");
    }
  }
}

TEST_CASE("a table whose CREATE TABLE … SELECT production gave up for a lock goes to the archive") {
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one));
      pair.source().sql(
          "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20));"
          "INSERT INTO t VALUES (1,'one'),(2,'two')");
      pair.sync();
      Client holder(pair.source(), {.database = "app"});
      Client client(pair.source(), {.database = "app"});
      REQUIRE(holder.query("BEGIN") == 0);
      REQUIRE(holder.query("UPDATE t SET a='changed' WHERE id=2") == 0);
      REQUIRE(client.query("SET innodb_lock_wait_timeout=1") == 0);
      REQUIRE(client.query("CREATE TABLE copied SELECT id, a FROM t") == 1205);
      REQUIRE(holder.query("COMMIT") == 0);
      const ProcessResult synced = pair.load({"sync"});
      INFO(synced.out << synced.err);
      CHECK(synced.exit_code == 0);
      check_equal(pair, {"t"});
      CHECK(pair.mirror().sql("SHOW TABLES FROM app") == "t\n");
      CHECK(pair.mirror().sql("SELECT id, dw_reason FROM app_archive.copied ORDER BY id") ==
            "1\tabsent\n2\tabsent\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.suspects WHERE table_name='copied' AND "
                              "cleared_at IS NULL") == "0\n");
      // What no statement of production's made stays, and is told.
      pair.mirror().sql("CREATE TABLE app.mine (id INT PRIMARY KEY); INSERT INTO app.mine VALUES (7)");
      const ProcessResult verified = pair.load({"verify", "--repair"});
      INFO(verified.out << verified.err);
      CHECK(verified.exit_code == 3);
      CHECK(pair.mirror().sql("SELECT id FROM app.mine") == "7\n");
    }
  }
}

TEST_CASE("rows of every type are put back to the last bit, and keys of every kind") {
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one));
      pair.source().sql(type_rows());
      pair.source().sql(float_rows());
      pair.source().sql(
          "SET NAMES utf8mb4; USE app; CREATE TABLE words (w VARCHAR(20) CHARACTER SET utf8mb4 COLLATE "
          "utf8mb4_general_ci PRIMARY KEY, n INT);"
          "CREATE TABLE latin (w VARCHAR(20) CHARACTER SET latin1 PRIMARY KEY, n INT);"
          "CREATE TABLE bytes (a BINARY(4), b INT, n INT, PRIMARY KEY (a,b));"
          "CREATE TABLE bits (f FLOAT, j BLOB, n BIT(3));"
          "INSERT INTO words VALUES ('Apfel',1),('Birne',2),('\u00d6l',3);"
          "INSERT INTO latin VALUES ('stra\u00dfe',1),('x',2);"
          "INSERT INTO bytes VALUES ('ab',1,1),(x'ff00',2,2);"
          "INSERT INTO bits VALUES (0.1,x'00ff',b'101'),(0.1,x'00ff',b'101'),(NULL,NULL,NULL)");
      pair.load({"sync"});
      const auto expect = [&](std::vector<std::string> words, int code) {
        const ProcessResult result = pair.load(words);
        INFO(result.out << result.err);
        CHECK(result.exit_code == code);
      };
      expect({"verify"}, 0);
      pair.mirror().sql(
          "SET NAMES utf8mb4; DELETE FROM app.types; UPDATE app.floats SET f=f+1 WHERE id % 3=0; DELETE FROM "
          "app.floats WHERE id % 3=1;"
          "UPDATE app.words SET w='apfel' WHERE n=1; UPDATE app.latin SET w='strasse' WHERE n=1;"
          "UPDATE app.bytes SET n=9; UPDATE app.bits SET n=1 WHERE f IS NULL; DELETE FROM app.bits LIMIT 1");
      expect({"verify"}, 3);
      expect({"verify", "--repair"}, 0);
      expect({"verify"}, 0);
      check_equal(pair, {"words", "latin", "bytes", "bits"});
      // Pieces were made along another key.
      pair.source().sql("USE app; ALTER TABLE bytes DROP PRIMARY KEY, ADD PRIMARY KEY (b)");
      pair.mirror().sql(
          "UPDATE dw_meta.chunks SET lower_bound='[{\"b64\":\"AAAAAA==\"},\"0\"]' WHERE table_name='bytes'");
      expect({"sync"}, 0);
      expect({"verify"}, 0);
      // Other columns: named, not mended.
      pair.mirror().sql("ALTER TABLE app.bytes ADD COLUMN extra INT");
      expect({"verify", "--repair"}, 3);
      pair.mirror().sql("ALTER TABLE app.bytes DROP COLUMN extra, DROP COLUMN n");
      const ProcessResult lacking = pair.load({"verify"});
      CHECK(lacking.exit_code == 3);
      CHECK_THAT(lacking.err, Catch::Contains("ALTER TABLE `app`.`bytes` ADD COLUMN `n` int"));
      expect({"verify", "--repair-schema"}, 0);
      check_equal(pair, {"bytes"});
    }
  }
}

TEST_CASE("a table that production cannot read is named, and the others are compared all the same") {
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one));
      pair.source().sql(
          "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY, a INT); CREATE TABLE lost (id "
          "INT PRIMARY KEY, a INT); INSERT INTO t VALUES (1,1); INSERT INTO lost VALUES (1,1)");
      pair.sync();
      pair.source().sql("SET sql_log_off=1; ALTER TABLE app.lost DISCARD TABLESPACE");
      pair.mirror().sql("UPDATE app.t SET a=2");
      const ProcessResult result = pair.load({"verify", "--repair"});
      INFO(result.out << result.err);
      CHECK(result.exit_code == 3);
      CHECK_THAT(result.out + result.err,
                 Catch::Contains("app.lost") && Catch::Contains("production cannot read it: "));
      check_equal(pair, {"t"});
      CHECK(table(pair.mirror(), "lost") == "1\t1\n");
    }
  }
}

TEST_CASE("a REPLACE of a row that others reference, which the servers understand in two ways") {
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one));
      pair.source().sql(
          "CREATE DATABASE app; USE app; CREATE TABLE p (id INT PRIMARY KEY, v INT); CREATE TABLE c (id INT "
          "PRIMARY KEY, ref INT, FOREIGN KEY (ref) REFERENCES p (id) ON DELETE CASCADE); INSERT INTO p "
          "VALUES (1,1),(2,2); INSERT INTO c VALUES (1,1),(2,2)");
      pair.sync();
      pair.source().sql("REPLACE INTO app.p VALUES (1,10)");
      // From here on MySQL's session leaves foreign keys to InnoDB.
      Client pooled(pair.source(), {.database = "app"});
      REQUIRE(pooled.change_user({.database = "app"}) == 0);
      REQUIRE(pooled.query("REPLACE INTO p VALUES (2,20)") == 0);
      CHECK(pair.load({"sync"}).exit_code == 0);
      check_equal(pair, {"p", "c"});
    }
  }
}

TEST_CASE("a piece that its last look did not settle is looked at again by the next sync") {
  PairOptions one = verifying(all_pairs().front());
  MirrorPair pair(one);
  pair.source().sql(
      "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY, a INT); INSERT INTO app.t "
      "VALUES (1,1)");
  pair.sync();
  pair.mirror().sql("UPDATE app.t SET a=2; UPDATE dw_meta.chunks SET verified_at='2026-01-01'");
  pair.sync();
  check_equal(pair, {"t"});
}

TEST_CASE("ids that an open transaction took are left for it") {
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one));
      pair.source().sql(
          "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY AUTO_INCREMENT, a INT); INSERT INTO "
          "app.t (a) VALUES (1)");
      Client open(pair.source(), {.database = "app"});
      REQUIRE(open.query("BEGIN; INSERT INTO t (a) VALUES (2), (3)") == 0);
      pair.sync();
      CHECK(pair.load({"verify", "--repair"}).exit_code == 0);
      REQUIRE(open.query("COMMIT") == 0);
      pair.sync();
      check_equal(pair, {"t"});
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_archive.t WHERE dw_reason='repair'") == "0\n");
    }
  }
}

TEST_CASE("the counter that an INSERT moved which failed and was rolled back is compared in the same run") {
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one));
      pair.source().sql(
          "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY AUTO_INCREMENT, a INT UNIQUE); INSERT "
          "INTO "
          "app.t (a) VALUES (1)");
      pair.sync();
      Client client(pair.source(), {.database = "app"});
      REQUIRE(client.query("BEGIN") == 0);
      REQUIRE(client.query("INSERT INTO t (a) VALUES (1)") != 0);
      REQUIRE(client.query("ROLLBACK") == 0);
      pair.mirror().sql("ALTER TABLE app.t AUTO_INCREMENT=50");
      pair.sync();
      CHECK(pair.mirror().sql("SHOW CREATE TABLE app.t").find("AUTO_INCREMENT=3 ") != std::string::npos);
      CHECK(pair.mirror().sql("SELECT reason FROM dw_meta.suspects WHERE cleared_at IS NULL").empty());
    }
  }
}

TEST_CASE("in place: what production has is right on the mirror, what it deleted stays") {
  for (PairOptions one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      one.verify = true;
      one.retention = "in-place";
      MirrorPair pair(one);
      pair.source().sql(
          "CREATE DATABASE app; USE app; CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), u INT UNIQUE); "
          "INSERT INTO "
          "t VALUES (1,'one',1),(2,'two',2),(3,'three',3); DELETE FROM t WHERE id=2");
      pair.sync();
      pair.mirror().sql("UPDATE app.t SET a='wrong' WHERE id=3; DELETE FROM app.t WHERE id=1");
      CHECK(pair.load({"verify"}).exit_code == 3);
      CHECK(pair.load({"verify", "--repair"}).exit_code == 0);
      CHECK(table(pair.mirror(), "t") == "1\tone\t1\n2\ttwo\t2\n3\tthree\t3\n");
      CHECK(pair.load({"verify"}).exit_code == 0);
      CHECK(pair.mirror().sql("SELECT id, a FROM app_archive.t WHERE dw_reason='repair'") == "3\twrong\n");
      // The deleted row has the unique value of a new one.
      pair.source().sql("INSERT INTO app.t VALUES (4,'four',2)");
      pair.load({"sync"});
      CHECK(pair.load({"verify", "--repair"}).exit_code == 0);
      CHECK(table(pair.mirror(), "t") == "1\tone\t1\n3\tthree\t3\n4\tfour\t2\n");
    }
  }
}

TEST_CASE("verify is given tables by name: what names none, or several, is refused and nothing is done") {
  for (const PairOptions& base : all_pairs()) {
    DYNAMIC_SECTION(name_of(base)) {
      PairOptions one = verifying(base);
      one.databases = R"(["app","app2"])";
      MirrorPair pair(one);
      pair.source().sql(
          "CREATE DATABASE app; CREATE DATABASE app2; CREATE TABLE app.t (id INT PRIMARY KEY, a INT); CREATE "
          "TABLE app.u LIKE app.t; CREATE TABLE app2.t LIKE app.t; INSERT INTO app.t VALUES (1,1); INSERT "
          "INTO app.u VALUES (1,1); INSERT INTO app2.t VALUES (1,1)");
      pair.sync();
      pair.source().sql("INSERT INTO app.u VALUES (2,2)");
      const std::string before = pair.mirror().sql("SELECT log_cursor FROM dw_meta.checkpoint");
      const auto refused = [&](const std::string& word, const std::string& says) {
        INFO(word);
        const ProcessResult result = pair.load({"verify", "--repair", word});
        CHECK(result.exit_code == 2);
        CHECK(result.err == "dw-load: " + says + "\n");
        CHECK(pair.mirror().sql("SELECT log_cursor FROM dw_meta.checkpoint") == before);
        CHECK(table(pair.mirror(), "u") == "1\t1\n");
      };
      refused("t", "\"t\" may be app.t, app2.t: write DB.TABLE");
      refused("uu", "neither production nor the mirror has a table or schema \"uu\": did you mean \"u\"?");
      refused("ap.t",
              "neither production nor the mirror has a table or schema \"ap.t\": did you mean \"app.t\"?");
      pair.mirror().sql("UPDATE app.t SET a=9; UPDATE app.u SET a=9; UPDATE app2.t SET a=9");
      CHECK(pair.load({"verify", "--repair", "u"}).exit_code == 0);
      CHECK(table(pair.mirror(), "u") == "1\t1\n2\t2\n");
      CHECK(table(pair.mirror(), "t") == "1\t9\n");
      CHECK(pair.load({"verify", "--repair", "app2"}).exit_code == 0);
      CHECK(rows_of(pair.mirror(), "app2.t") == "1\t1\n");
      CHECK(table(pair.mirror(), "t") == "1\t9\n");
      CHECK(pair.load({"verify", "t", "app2.t"}).exit_code == 2);
      CHECK(pair.load({"verify", "--repair", "app.t", "app2.t"}).exit_code == 0);
      CHECK(table(pair.mirror(), "t") == "1\t1\n");
    }
  }
}

TEST_CASE("a table whose key is a text of ascii or a _bin collation is compared in pieces on every pair") {
  constexpr int kRows = 13'000;
  const std::string first = "aZ_b-A9~z 0B.";  // which collations sort in many ways
  for (const PairOptions& one : all_pairs()) {
    DYNAMIC_SECTION(name_of(one)) {
      MirrorPair pair(verifying(one));
      std::string sql =
          "SET NAMES utf8mb4; CREATE DATABASE app; USE app; CREATE TABLE ta (k VARCHAR(40) CHARACTER SET "
          "ascii "
          "PRIMARY KEY, n INT); CREATE TABLE tb (k VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin "
          "PRIMARY KEY, n INT);";
      for (const std::string& name : {std::string("ta"), std::string("tb")}) {
        for (int i = 0; i < kRows; ++i) {
          const std::string start(1, first[static_cast<std::size_t>(i * 7) % first.size()]);
          const std::string letter = name == "tb" && i % 3 == 0 ? "\u00e4" : "";
          sql += i % 1000 == 0 ? "INSERT INTO " + name + " VALUES " : ",";
          sql += "('" + start + letter + std::to_string(i) + "'," + std::to_string(i) + ")";
          if (i % 1000 == 999) sql += ";";
        }
      }
      pair.source().sql(sql);
      CHECK(pair.load({"sync"}).exit_code == 0);
      CHECK(pair.load({"sync"}).exit_code == 0);
      pair.mirror().sql("UPDATE app.ta SET n=-1 WHERE n % 1000=0; DELETE FROM app.tb WHERE n % 1000=1");
      CHECK(pair.load({"verify"}).exit_code == 3);
      const ProcessResult mended = pair.load({"verify", "--repair"});
      INFO(mended.out << mended.err);
      CHECK(mended.exit_code == 0);
      check_equal(pair, {"ta", "tb"});
      for (const char* name : {"ta", "tb"})
        CHECK(pair.mirror().sql(std::string("SELECT COUNT(*) > 1 FROM dw_meta.chunks WHERE table_name='") +
                                name + "'") == "1\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_archive.ta") == "13\n");
    }
  }
}
