// Asks the servers which statements commit, and holds the classifier and the rules of transactions to the
// answer.

#include "common/sql/statement.h"
#include "loader/plan/transaction_rules.h"
#include "tests/support/catch.h"
#include "tests/support/client.h"

using namespace dw::test;
using dw::load::Session;
using dw::load::TransactionEffect;

namespace {

constexpr unsigned kSyntaxError = 1064;

// In an order in which each finds what it needs. What only one server knows is skipped by the other.
const std::vector<std::string> kStatements{
    "BEGIN",
    "BEGIN WORK",
    "START TRANSACTION READ ONLY",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT",
    "CREATE TABLE n1 (a INT)",
    "CREATE TABLE n1 (a INT)",  // it fails, and commits
    "CREATE TABLE IF NOT EXISTS n1 (a INT)",
    "CREATE TABLE n2 SELECT 1 AS a",
    "CREATE TABLE n3 LIKE u",
    "CREATE TEMPORARY TABLE tmp1 (a INT)",
    "CREATE TEMPORARY TABLE tmp2 SELECT 1 AS a",
    "ALTER TABLE tmp1 ADD b INT",
    "CREATE INDEX i1 ON tmp1 (a)",
    "TRUNCATE tmp1",
    "DROP TEMPORARY TABLE tmp1",
    "DROP TABLE tmp2",
    "ALTER TABLE u ADD b INT",
    "ALTER TABLE nosuch ADD b INT",
    "TRUNCATE u",
    "RENAME TABLE n1 TO n4",
    "DROP TABLE n4",
    "DROP TABLE IF EXISTS nosuch",
    "DROP TEMPORARY TABLE IF EXISTS nosuch",
    "CREATE INDEX iu ON u (a)",
    "DROP INDEX iu ON u",
    "CREATE VIEW w AS SELECT 1 AS a",
    "ALTER VIEW w AS SELECT 2 AS a",
    "DROP VIEW w",
    "CREATE TRIGGER tr BEFORE INSERT ON u FOR EACH ROW SET @z=1",
    "DROP TRIGGER tr",
    "CREATE PROCEDURE q() SELECT 1",
    "CALL q()",
    "ALTER PROCEDURE q COMMENT 'x'",
    "DROP PROCEDURE q",
    "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1",
    "DROP FUNCTION f",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    "ALTER EVENT e DISABLE",
    "DROP EVENT e",
    "CREATE DATABASE d1",
    "ALTER DATABASE d1 CHARACTER SET latin1",
    "DROP DATABASE d1",
    "CREATE SEQUENCE sq",
    "DROP SEQUENCE sq",
    "CREATE USER x2",
    "GRANT SELECT ON app.* TO x2",
    "REVOKE SELECT ON app.* FROM x2",
    "SET PASSWORD FOR x2=''",
    "RENAME USER x2 TO x3",
    "DROP USER x3",
    "CREATE ROLE r1",
    "SET ROLE NONE",
    "DROP ROLE r1",
    "ANALYZE TABLE u",
    "OPTIMIZE TABLE u",
    "CHECK TABLE u",
    "CHECKSUM TABLE u",
    "REPAIR TABLE u",
    "FLUSH TABLES",
    "FLUSH STATUS",
    "FLUSH PRIVILEGES",
    "LOCK TABLES t WRITE",
    "UNLOCK TABLES",
    "FLUSH TABLES WITH READ LOCK",
    "SET autocommit=1",
    "SET autocommit=0",
    "SET GLOBAL max_connections=151",
    "SET @x=1",
    "SET NAMES utf8mb4",
    "SHOW TABLES",
    "KILL 999999",
    "HANDLER u OPEN",
    "HANDLER u CLOSE",
    "PREPARE st FROM 'SELECT 1'",
    "EXECUTE st",
    "DEALLOCATE PREPARE st",
    "DO 1",
    "SET STATEMENT max_statement_time=1 FOR CREATE TABLE n5 (a INT)",
    "CREATE OR REPLACE TABLE n2 (a INT)",
    "BACKUP STAGE START",
    "SAVEPOINT s",
    "RELEASE SAVEPOINT nosuch",
    "ROLLBACK TO nosuch",
    "XA START 'z'",
    "XA RECOVER",
    "INSERT INTO t VALUES (1)",
    "COMMIT",
};

bool commits_on(DatabaseServer& server, Client& client, const std::string& statement, unsigned& error) {
  client.query("UNLOCK TABLES");
  client.query("ROLLBACK");
  client.query("SET autocommit=1");
  client.query("DELETE FROM t");
  REQUIRE(client.query("BEGIN; INSERT INTO t VALUES (1)") == 0);
  error = client.query(statement);
  client.query("ROLLBACK");
  client.query("UNLOCK TABLES");
  client.query("BACKUP STAGE END");
  return server.sql("SELECT COUNT(*) FROM app.t") == "1\n";
}

bool commits_by_rule(const std::string& statement) {
  Session session;
  session.in_transaction = true;
  return dw::load::effect_of(session, dw::sql::classify(statement), true).end ==
         TransactionEffect::End::commit;
}

}  // namespace

TEST_CASE("what commits a transaction by itself, asked of the servers") {
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!require_server(kind)) continue;
    DatabaseServer server = DatabaseServer::start(kind);
    server.sql("CREATE DATABASE app; USE app; CREATE TABLE t (a INT PRIMARY KEY); CREATE TABLE u (a INT)");
    Client client(server, {.database = "app"});
    for (const std::string& statement : kStatements) {
      unsigned error = 0;
      const bool commits = commits_on(server, client, statement, error);
      INFO(to_string(kind) << ": " << statement << " (error " << error << ")");
      if (error != kSyntaxError) CHECK(commits == commits_by_rule(statement));
    }
  }
}
