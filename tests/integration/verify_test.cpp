// The mirror proves itself: what differs from production is found and mended by the next sync, or named with
// exit 3.
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

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
      CHECK(pair.mirror().sql("SELECT id, a, dw_reason FROM app_archive.t WHERE dw_reason='absent'") ==
            "9\tmine\tabsent\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_archive.t WHERE dw_reason='repair' AND a='wrong'") ==
            "1\n");
      CHECK(pair.mirror().sql("SELECT COUNT(*) FROM app_all.t WHERE a='wrong'") == "0\n");
    }
  }
}
