// Statements that production's server and the mirror's understand differently: the mirror has the same rows,
// or it says which tables may differ.

#include <algorithm>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "common/mysql/connection.h"
#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

PairOptions mysql_to_mariadb() {
  PairOptions options;
  options.source = ServerKind::mysql;
  options.mirror = ServerKind::mariadb;
  options.retention = "none";
  return options;
}

std::string suspects(MirrorPair& pair, const std::string& table) {
  return pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.suspects WHERE schema_name='app' AND table_name='" +
                           table + "'");
}

std::string failures(MirrorPair& pair) {
  return pair.mirror().sql("SELECT error, message, statement FROM dw_meta.failures");
}

void check_same_rows(MirrorPair& pair, const std::string& table, const std::string& columns = "*") {
  CAPTURE(table);
  CHECK(rows_of(pair.mirror(), "app." + table, columns) == rows_of(pair.source(), "app." + table, columns));
}

std::string collation_of(MirrorPair& pair, const std::string& table, const std::string& column = "a") {
  return pair.mirror().sql(
      "SELECT COLLATION_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='app' AND "
      "TABLE_NAME='" +
      table + "' AND COLUMN_NAME='" + column + "'");
}

}  // namespace

TEST_CASE("MySQL to MariaDB: definitions and statements that MariaDB says otherwise") {
  const PairOptions options = mysql_to_mariadb();
  if (!require_server(options.source) || !require_server(options.mirror)) return;
  MirrorPair pair(options);
  pair.source().sql("CREATE DATABASE app");
  pair.source().sql(
      "CREATE TABLE plain (id INT PRIMARY KEY, a VARCHAR(20));"
      "CREATE TABLE named (id INT PRIMARY KEY, a VARCHAR(20) COLLATE utf8mb4_0900_as_cs, UNIQUE (a)) "
      "CHARSET=utf8mb4;"
      "CREATE TABLE charset (id INT PRIMARY KEY, a VARCHAR(20) CHARACTER SET utf8mb4, b TEXT CHARACTER SET "
      "utf8mb3) CHARSET=latin1;"
      "CREATE TABLE converted (id INT PRIMARY KEY, a VARCHAR(20)) CHARSET=latin1;"
      "ALTER TABLE converted CONVERT TO CHARACTER SET utf8mb4;"
      "CREATE TABLE odd (id INT PRIMARY KEY, n INT, m INT AS (n+1) STORED NOT NULL, c INT VISIBLE, s "
      "VARCHAR(40), CHECK (n<1000) NOT ENFORCED, CONSTRAINT e CHECK (c<5000) ENFORCED, KEY hidden (n) "
      "INVISIBLE, "
      "KEY ((n*2)), KEY d (c DESC)) COMPRESSION='zlib' TABLESPACE=innodb_file_per_table;"
      "ALTER TABLE odd ALTER INDEX hidden VISIBLE, ADD late INT DEFAULT 2, ALGORITHM=INPLACE, LOCK=NONE;"
      "ALTER TABLE odd ADD INDEX ((c+1));"
      "CREATE INDEX low ON odd ((LOWER(s)));"
      "CREATE INDEX plain ON odd (s) INVISIBLE;"
      "ALTER TABLE odd RENAME COLUMN late TO later, DROP CHECK e;"
      "CREATE TABLE doc (id INT PRIMARY KEY, j JSON, tag VARCHAR(20));"
      "CREATE TABLE clock (id INT PRIMARY KEY, d DATETIME, t TIME, s TIMESTAMP NULL)",
      "app");
  pair.source().sql(
      "INSERT INTO plain VALUES ROW(1,'one'), ROW(2,'two');"
      "INSERT INTO plain (id,a) VALUES (2,'zwei'),(3,'drei') AS new ON DUPLICATE KEY UPDATE "
      "a=CONCAT(new.a,'!');"
      "INSERT INTO plain (id,a) VALUES (3,'trois') AS n(x,y) ON DUPLICATE KEY UPDATE a=IF(x=3,y,'no');"
      "INSERT INTO charset (id,a) SELECT id, a FROM plain FOR SHARE;"
      "INSERT INTO converted TABLE plain;"
      "UPDATE plain SET a='Größe' WHERE a='ONE'; UPDATE plain SET a='found' WHERE a='GROSSE' OR a='grösse';"
      "DELETE FROM plain AS p WHERE p.id=2;"
      "INSERT INTO named VALUES (1,'a'),(2,'A'),(3,'ä');"
      "UPDATE named SET a='both' WHERE a COLLATE utf8mb4_0900_ai_ci = 'A' AND id=1;"
      "INSERT INTO odd (id,n,c,s) VALUES (1,5000,7,'x');"
      "INSERT INTO odd (id,n,c,s) VALUES (2,5,2000,BIN_TO_UUID(UUID_TO_BIN("
      "'6ccd780c-baba-1026-9564-5b8c656024db',1),1)) ON DUPLICATE KEY UPDATE n=1",
      "app");
  pair.source().sql(
      "INSERT INTO doc VALUES (1,'{\"a\": \"x\"}',''),(2,'{\"a\": \"y\"}','');"
      "UPDATE doc SET tag='got' WHERE j->>'$.a' IN ('x','z');"
      "INSERT INTO clock VALUES (1,'2026-01-01 10:00:00.6','10:00:00.7','2026-01-01 10:00:59.5')",
      "app");
  pair.sync();
  CHECK(failures(pair) == "");
  for (const char* table : {"plain", "named", "charset", "converted", "doc", "clock"})
    check_same_rows(pair, table);
  check_same_rows(pair, "odd", "id,n,m,c,s,later");
  CHECK(collation_of(pair, "plain") == "utf8mb4_uca1400_nopad_ai_ci\n");
  CHECK(collation_of(pair, "named") == "utf8mb4_uca1400_nopad_as_cs\n");
  CHECK(collation_of(pair, "charset") == "utf8mb4_uca1400_nopad_ai_ci\n");
  CHECK(collation_of(pair, "charset", "b") == "utf8mb3_general_ci\n");
  CHECK(collation_of(pair, "converted") == "utf8mb4_uca1400_nopad_ai_ci\n");
  CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.ledger WHERE action='translated' AND reason LIKE "
                          "'utf8mb4_0900_as_cs became %'") == "1\n");
}

TEST_CASE("MySQL to MariaDB: what the mirror cannot do or cannot do surely is told, and the run goes on") {
  const PairOptions options = mysql_to_mariadb();
  if (!require_server(options.source) || !require_server(options.mirror)) return;
  MirrorPair pair(options);
  pair.source().sql("CREATE DATABASE app");
  pair.source().sql(
      "CREATE TABLE fine (id INT PRIMARY KEY, a VARCHAR(20));"
      "CREATE TABLE refused (id INT PRIMARY KEY, a INT, UNIQUE KEY k ((a+1)));"
      "INSERT INTO refused VALUES (1,1); UPDATE refused SET a=2; ALTER TABLE refused ADD b INT;"
      "CREATE TABLE member (id INT PRIMARY KEY, j JSON); INSERT INTO member VALUES (1,'[1,2]'),(2,'[3]');"
      "UPDATE member SET id=11 WHERE 1 MEMBER OF (j);"
      "CREATE TABLE compared (id INT PRIMARY KEY, j JSON, n INT); INSERT INTO compared VALUES "
      "(1,'{\"a\":\"x\"}',0);"
      "UPDATE compared SET n=1 WHERE j->'$.a' IN ('x','y');"
      "CREATE TABLE place (id INT PRIMARY KEY, g POINT SRID 4326);"
      "WITH x AS (SELECT 1 AS id) UPDATE fine JOIN x USING (id) SET fine.a='never';"
      "INSERT INTO fine VALUES (1,'last')",
      "app");
  pair.sync();
  check_same_rows(pair, "fine");
  for (const char* table : {"fine", "refused", "member", "compared", "place"}) {
    CAPTURE(table);
    CHECK(suspects(pair, table) != "0\n");
  }
  CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "6\n");
}

TEST_CASE("MySQL to MariaDB: JSON that is compared, and ids of rows without a parent, are told") {
  const PairOptions options = mysql_to_mariadb();
  if (!require_server(options.source) || !require_server(options.mirror)) return;
  MirrorPair pair(options);
  pair.source().sql("CREATE DATABASE app");
  pair.source().sql(
      "CREATE TABLE given (id INT PRIMARY KEY, j JSON); CREATE TABLE ordered LIKE given;"
      "CREATE TABLE numbers (id INT PRIMARY KEY); CREATE TABLE filled (id INT AUTO_INCREMENT PRIMARY KEY, j "
      "JSON);"
      "CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, n INT, FOREIGN KEY (n) REFERENCES numbers "
      "(id));"
      "CREATE TABLE alone (id INT AUTO_INCREMENT PRIMARY KEY, n INT UNIQUE);"
      "INSERT INTO numbers VALUES (1);"
      "INSERT INTO given VALUES (1,'{\"a\": 1}'),(2,'10'),(3,'9');"
      "INSERT INTO ordered VALUES (1,'10'),(2,'9'); DELETE FROM ordered WHERE j > '9';"
      "INSERT IGNORE INTO child (n) VALUES (7); INSERT INTO child (n) VALUES (1);"
      "INSERT IGNORE INTO alone (n) VALUES (1),(1); INSERT INTO alone (n) VALUES (2)",
      "app");
  CHECK_THROWS(pair.source().sql("INSERT INTO filled (j) SELECT id FROM numbers", "app"));
  pair.sync();
  for (const char* table : {"ordered", "filled", "child"}) {
    CAPTURE(table);
    CHECK(suspects(pair, table) != "0\n");
  }
  for (const char* table : {"given", "alone"}) {
    CAPTURE(table);
    CHECK(suspects(pair, table) == "0\n");
  }
  check_same_rows(pair, "alone");
}

TEST_CASE("views and triggers of an account that the mirror lacks work there") {
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      options.retention = "none";
      MirrorPair pair(options);
      pair.source().sql("SET sql_log_off=1; CREATE USER shop@'%'; GRANT ALL ON *.* TO shop@'%'");
      pair.source().sql("CREATE DATABASE app");
      pair.source().sql(
          "CREATE TABLE t (id INT PRIMARY KEY, a INT);"
          "CREATE DEFINER=`shop`@`%` TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NEW.a * 2;"
          "CREATE OR REPLACE DEFINER='shop'@'%' SQL SECURITY DEFINER VIEW v AS SELECT id, a FROM t;"
          "CREATE DEFINER = shop@`%` PROCEDURE p() INSERT INTO t VALUES (2, 20);"
          "INSERT INTO t VALUES (1, 10); CALL p(); UPDATE v SET a=a+1 WHERE id=1",
          "app");
      pair.sync();
      CHECK(failures(pair) == "");
      check_same_rows(pair, "t");
    }
  }
}

TEST_CASE("what a CREATE does not say comes from production's server, not from the mirror's") {
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    DYNAMIC_SECTION(name_of(options)) {
      options.retention = "none";
      options.source_server = {"--character-set-server=latin1", "--collation-server=latin1_german1_ci",
                               "--default-storage-engine=MyISAM", "--group-concat-max-len=8",
                               "--explicit-defaults-for-timestamp=OFF"};
      options.mirror_server = {"--character-set-server=utf8mb4"};
      MirrorPair pair(options);
      pair.source().sql("CREATE DATABASE app");
      pair.source().sql(
          "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), s TIMESTAMP);"
          "CREATE TABLE u (id INT PRIMARY KEY, a VARCHAR(20)) CHARSET=utf8mb4;"
          "INSERT INTO t (id,a) VALUES (1,'abc'),(2,'def'),(3,'ghi');"
          "INSERT IGNORE INTO u (id,a) SELECT 1, GROUP_CONCAT(a ORDER BY id) FROM t; UPDATE t SET a='x' "
          "WHERE id=1",
          "app");
      pair.sync();
      CHECK(failures(pair) == "");
      check_same_rows(pair, "t");
      check_same_rows(pair, "u");
      CHECK(collation_of(pair, "t") == "latin1_german1_ci\n");
      CHECK(pair.mirror().sql("SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA='app' AND "
                              "TABLE_NAME='t'") == "MyISAM\n");
    }
  }
}

TEST_CASE("MySQL to MariaDB: a table without a primary key has production's invisible one") {
  PairOptions options = mysql_to_mariadb();
  if (!require_server(options.source) || !require_server(options.mirror)) return;
  options.source_server = {"--sql-generate-invisible-primary-key=ON"};
  MirrorPair pair(options);
  pair.source().sql("CREATE DATABASE app");
  pair.source().sql(
      "CREATE TABLE t (a INT); INSERT INTO t VALUES (7),(8); UPDATE t SET a=9 WHERE my_row_id=2", "app");
  pair.sync();
  CHECK(failures(pair) == "");
  check_same_rows(pair, "t", "my_row_id, a");
}

TEST_CASE("MySQL to MariaDB: what the two servers do differently is suspect, and read back") {
  PairOptions options = mysql_to_mariadb();
  if (!require_server(options.source) || !require_server(options.mirror)) return;
  options.verify = true;
  MirrorPair pair(options);
  pair.source().sql("CREATE DATABASE app");
  pair.source().sql(
      "CREATE TABLE parent (id INT PRIMARY KEY);"
      "CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES "
      "parent (id));"
      "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT); INSERT INTO t (a) VALUES (0);"
      "CREATE TABLE seen (id INT AUTO_INCREMENT PRIMARY KEY, a BIGINT);"
      "CREATE TABLE flags (id INT PRIMARY KEY, a SET('a','b','c'), d INT) ENGINE=MyISAM;"
      "CREATE TABLE ids (id INT PRIMARY KEY); INSERT INTO ids VALUES (3);"
      "INSERT INTO flags VALUES (1,'a,b',0),(2,'c',0)",
      "app");
  pair.sync();
  pair.source().write_option_file(pair.file("source_root.cnf"));
  auto session = dw::mysql::Connection::open({.defaults_file = pair.file("source_root.cnf")});
  session.execute("USE app");
  session.execute("SET insert_id=48");
  CHECK_THROWS(session.execute("INSERT INTO child (parent) VALUES (99)"));
  session.execute("INSERT INTO t (a) VALUES (1)");
  session.execute("INSERT INTO t (a) VALUES (2)");
  session.execute("INSERT IGNORE INTO child (parent) VALUES (99)");  // takes an id on MariaDB alone
  session.execute("INSERT INTO child (parent) VALUES (NULL)");
  session.execute("INSERT INTO seen (a) VALUES (LAST_INSERT_ID())");
  session.execute("UPDATE flags SET d = 8 WHERE a IN (SELECT id FROM ids)");
  session.execute("ALTER TABLE flags ADD j JSON NOT NULL FIRST");
  pair.sync();
  CHECK(failures(pair).find("ALTER") == std::string::npos);
  for (const char* table : {"child", "t", "seen"}) check_same_rows(pair, table);
  check_same_rows(pair, "flags", "id, a, d, CAST(j AS CHAR)");
  CHECK(suspects(pair, "t") != "0\n");
  CHECK(suspects(pair, "flags") != "0\n");
}

TEST_CASE("MySQL to MariaDB: what mysqldump writes") {
  const PairOptions options = mysql_to_mariadb();
  if (!require_server(options.source) || !require_server(options.mirror)) return;
  MirrorPair pair(options);
  pair.source().sql(
      "/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;/*!50503 SET NAMES utf8mb4 */;"
      "/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;"
      "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;"
      "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `app` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE "
      "utf8mb4_0900_ai_ci */ /*!80016 DEFAULT ENCRYPTION='N' */; USE `app`;"
      "/*!40101 SET @saved_cs_client     = @@character_set_client */;"
      "/*!50503 SET character_set_client = utf8mb4 */;"
      "CREATE TABLE `t` (`id` int NOT NULL AUTO_INCREMENT, `a` varchar(20) CHARACTER SET utf8mb4 COLLATE "
      "utf8mb4_0900_as_cs DEFAULT NULL, `b` int GENERATED ALWAYS AS ((`h` + 1)) STORED, `h` int DEFAULT '3' "
      "/*!80023 INVISIBLE */, PRIMARY KEY (`id`), KEY `k` (`a`) /*!80000 INVISIBLE */, KEY `f` "
      "((lower(`a`))), "
      "CONSTRAINT `c` CHECK ((`h` > 5)) /*!80016 NOT ENFORCED */) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT "
      "CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;"
      "/*!40101 SET character_set_client = @saved_cs_client */; LOCK TABLES `t` WRITE;"
      "/*!40000 ALTER TABLE `t` DISABLE KEYS */; INSERT INTO `t` (`id`, `a`) VALUES (0,'zero'),(1,'ä');"
      "/*!40000 ALTER TABLE `t` ENABLE KEYS */; UNLOCK TABLES;"
      "/*!50003 SET collation_connection  = utf8mb4_0900_ai_ci */ ;"
      "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `g` BEFORE INSERT ON `t` FOR "
      "EACH "
      "ROW SET NEW.a = CONCAT(NEW.a, '!') */;"
      "/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */ "
      "/*!50001 VIEW `v` AS select `t`.`id` AS `id`,`t`.`a` AS `a` from `t` where (`t`.`a` = (_utf8mb4'x!' "
      "collate "
      "utf8mb4_0900_as_cs)) */;"
      "/*!40101 SET SQL_MODE=@OLD_SQL_MODE */; INSERT INTO t (a) VALUES ('x'); UPDATE v SET a='seen'");
  pair.sync();
  CHECK(failures(pair) == "");
  check_same_rows(pair, "t", "id, a, b, h");
}

// Letters of the living European languages are equal and different alike; the figures in
// loader/dialect/collations.h come from all code points: integration_dialect "[figures]".
namespace {

constexpr const char* kNumbers =
    "CREATE DATABASE app; CREATE TABLE app.n (n INT PRIMARY KEY); INSERT INTO app.n VALUES ";

void make_numbers(const DatabaseServer& server) {
  std::string rows = "(0)";
  for (int i = 1; i < 1024; ++i) rows += ",(" + std::to_string(i) + ")";
  server.sql(kNumbers + rows);
}

// Of each code point from `first` to `last` in order: its number and its weight.
std::vector<std::pair<unsigned, std::string>> weights(const DatabaseServer& server,
                                                      const std::string& collation, unsigned first,
                                                      unsigned last) {
  std::istringstream lines(server.sql(
      "SELECT p, HEX(WEIGHT_STRING(CONVERT(CHAR(p USING utf32) USING utf8mb4) COLLATE " + collation +
      ")) FROM (SELECT hi.n*1024+lo.n AS p FROM app.n AS hi JOIN app.n AS lo UNION ALL SELECT "
      "1048576+hi.n*1024+lo.n "
      "FROM app.n AS hi JOIN app.n AS lo WHERE hi.n < 64) AS all_points WHERE p BETWEEN " +
      std::to_string(first) + " AND " + std::to_string(last) +
      " AND p NOT BETWEEN 55296 AND 57343 ORDER BY p"));
  std::vector<std::pair<unsigned, std::string>> out;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t tab = line.find('\t');
    out.emplace_back(static_cast<unsigned>(std::stoul(line)), line.substr(tab + 1));
  }
  return out;
}

// How many classes of `a` hold several of `b`: what a holds equal and b does not.
std::size_t torn(const std::vector<std::pair<unsigned, std::string>>& a,
                 const std::vector<std::pair<unsigned, std::string>>& b) {
  std::map<std::string, std::set<std::string>> classes;
  for (std::size_t i = 0; i < a.size(); ++i) classes[a[i].second].insert(b.at(i).second);
  return static_cast<std::size_t>(
      std::count_if(classes.begin(), classes.end(), [](const auto& one) { return one.second.size() > 1; }));
}

struct CollationPair {
  const char* mysql;
  const char* mariadb;
};

}  // namespace

TEST_CASE("MySQL to MariaDB: the collations hold the same letters equal") {
  if (!require_server(ServerKind::mysql) || !require_server(ServerKind::mariadb)) return;
  const DatabaseServer mysql = DatabaseServer::start(ServerKind::mysql);
  const DatabaseServer mariadb = DatabaseServer::start(ServerKind::mariadb);
  make_numbers(mysql);
  make_numbers(mariadb);
  constexpr unsigned kLastOfCyrillic = 0x52F;
  for (const CollationPair& pair : {CollationPair{"utf8mb4_0900_ai_ci", "utf8mb4_uca1400_nopad_ai_ci"},
                                    CollationPair{"utf8mb4_0900_as_ci", "utf8mb4_uca1400_nopad_as_ci"},
                                    CollationPair{"utf8mb4_0900_as_cs", "utf8mb4_uca1400_nopad_as_cs"}}) {
    CAPTURE(pair.mysql);
    const auto source = weights(mysql, pair.mysql, 0x20, kLastOfCyrillic);
    const auto mirror = weights(mariadb, pair.mariadb, 0x20, kLastOfCyrillic);
    REQUIRE(source.size() == kLastOfCyrillic - 0x20 + 1);
    CHECK(torn(mirror, source) == 0);
    CHECK(torn(source, mirror) == 0);
  }
}

TEST_CASE("figures: equality of collations over all code points", "[.figures]") {
  const DatabaseServer mysql = DatabaseServer::start(ServerKind::mysql);
  const DatabaseServer mariadb = DatabaseServer::start(ServerKind::mariadb);
  make_numbers(mysql);
  make_numbers(mariadb);
  constexpr unsigned kLast = 0x10FFFF;
  for (const CollationPair& pair : {CollationPair{"utf8mb4_0900_ai_ci", "utf8mb4_uca1400_nopad_ai_ci"},
                                    CollationPair{"utf8mb4_0900_as_cs", "utf8mb4_uca1400_nopad_as_cs"},
                                    CollationPair{"utf8mb4_0900_ai_ci", "utf8mb4_unicode_520_nopad_ci"}}) {
    auto source = weights(mysql, pair.mysql, 1, kLast);
    auto mirror = weights(mariadb, pair.mariadb, 1, kLast);
    std::cout << pair.mysql << " to " << pair.mariadb << ", " << source.size()
              << " code points: classes that the mirror makes of several " << torn(mirror, source)
              << ", classes that it tears " << torn(source, mirror);
    // FBxx: a weight made up for a code point that the table lacks (UCA, "Derived Weights").
    std::vector<std::pair<unsigned, std::string>> known_source;
    std::vector<std::pair<unsigned, std::string>> known_mirror;
    for (std::size_t i = 0; i < source.size(); ++i) {
      if (source[i].second.starts_with("FB")) continue;
      known_source.push_back(source[i]);
      known_mirror.push_back(mirror.at(i));
    }
    std::cout << "; of the " << known_source.size() << " in MySQL's table "
              << torn(known_mirror, known_source) << " and " << torn(known_source, known_mirror) << '\n';
  }
}
