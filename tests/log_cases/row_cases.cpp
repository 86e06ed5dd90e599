// facts.md, "What a row is", from its table downwards.

#include <stdexcept>

#include "tests/log_cases/scene.h"

namespace dw::test {

std::vector<LogCase> row_cases() {
  return {
      {"event_time: a row's second is the statement's",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a",
               "CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, d "
               "DATETIME)");
         s.run("a", "SET timestamp = 1700000000");
         s.run("a", "INSERT INTO t (id, d) VALUES (1, NOW())");
         s.run("a", "SET timestamp = DEFAULT");
       }},
      {"bytes outside utf8mb3: an emoji, in text and behind a backslash",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(60)) CHARSET=utf8mb4");
         s.run("a", "INSERT INTO t VALUES (1, '\xF0\x9F\x98\x80'), (2, '\\\xF0\x9F\x98\x80 \\\\xF0\\\\x9F')");
       }},
      {"bytes outside utf8mb3: text that looks like the server's own escapes",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(60)) CHARSET=utf8mb4");
         s.run("a", "INSERT INTO t VALUES (1, '\\\\x41'), (2, '\\x41'), (3, '\\\\xc3\\\\xa9')");
       }},
      {"bytes outside utf8mb3: a latin1 client that says so",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(60)) CHARSET=utf8mb4");
         s.run("b", "SET NAMES latin1");
         s.run("b", "INSERT INTO t VALUES (1, 'caf\xE9')");
       }},
      {"bytes outside utf8mb3: a latin1 client that says so only when it connects",
       Outcome::suspect,
       {"app.t"},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(60)) CHARSET=utf8mb4");
         s.connect("b", {.database = "app", .charset = "latin1"});
         s.run("b", "INSERT INTO t VALUES (1, 'caf\xE9')");
       }},
      {"bytes outside utf8mb3: raw bytes for a BLOB",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v BLOB)");
         std::string bytes;
         for (int byte = 1; byte < 256; ++byte) {
           if (byte == '\'' || byte == '\\') bytes += '\\';
           bytes += static_cast<char>(byte);
         }
         s.run("a", "INSERT INTO t VALUES (1, _binary '" + bytes + "')");
       }},
      {"a packet with several statements",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a",
               "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(60)); INSERT INTO t VALUES (1, 'a;b'); /* ; */ "
               "UPDATE t SET "
               "v = 'c' WHERE id = 1; INSERT INTO t VALUES (2, 'd')");
       }},
      {"a packet whose second statement fails: the third never ran",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
         s.fail("a", "INSERT INTO t VALUES (2); INSERT INTO t VALUES (1); INSERT INTO t VALUES (3)");
       }},
      {"a packet whose first statement fails: the INSERTs behind it never ran",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 1)");
         s.fail("a", "INSERT INTO t (id, no_column) VALUES (2, 2); INSERT INTO t (id) VALUES (3)");
       }},
      {"SET character_set_client alone: literals for binary columns are converted",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a",
               "CREATE TABLE t (id INT PRIMARY KEY, b VARBINARY(20), v VARCHAR(20)) CHARACTER SET utf8mb4");
         s.run("a", "SET character_set_client=latin1");
         s.run("a", "INSERT INTO t VALUES (1, '\xE4\xF6', '\xE4')");
         s.run("a", "SET NAMES utf8mb4");
         s.run("a", "INSERT INTO t VALUES (2, '\xC3\xA4', '\xC3\xA4')");
       }},
      {"a packet whose INSERT fails: the one into another table never ran",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE u (id INT PRIMARY KEY)");
         s.run("a", "INSERT INTO t VALUES (1)");
         s.sync();
         s.fail("a", "INSERT INTO t VALUES (1); INSERT INTO u VALUES (1)");
       }},
      {"a session whose database is gone, before many others and one of another sql_mode",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, n INT, v VARCHAR(20))");
         s.run("a", "INSERT INTO t VALUES (1, 0, '')");
         s.run("b", "SET sql_mode = 'PIPES_AS_CONCAT'");
         s.run("gone", "CREATE TABLE other.x (n INT); USE other");
         s.run("a", "DROP DATABASE other");
         s.sync();
         s.fail("gone", "INSERT INTO x VALUES (1)");
         for (int i = 0; i < 400; ++i) s.run("a", "UPDATE t SET n = n + 1");
         s.run("b", "UPDATE t SET v = 'it\\'s' || ' here'");
         s.run("a", "UPDATE t SET n = '2' || '3'");
         s.run("b", "CREATE DATABASE other");
       }},
      {"text with a syntax error",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)");
         s.fail("a", "INSERT INTO t VALUES (2) NONSENSE");
         s.fail("a", "DELETE t t t FROM");
         s.fail("a", "INSERT INTO t VALUES ('3");
         s.run("a", "INSERT INTO t VALUES (4)");
       }},
      {"passwords and accounts stay away from the mirror",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY)");
         s.run("a", "CREATE USER shop@localhost IDENTIFIED BY 'Very-secret.1'");
         s.run("a", "DROP USER shop@localhost");
         s.sync();
         const std::string ledger = s.pair().mirror().sql(
             "SELECT COUNT(*) FROM dw_meta.ledger WHERE statement LIKE "
             "'%Very-secret%'");
         if (ledger != "0\n") throw std::runtime_error("the ledger holds a password");
       }},
      {"SQL PREPARE and EXECUTE",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(60))");
         s.run("a", "PREPARE ins FROM 'INSERT INTO t (v) VALUES (?)'");
         s.run("a", "SET @v = 'it''s'");
         s.run("a", "EXECUTE ins USING @v");
         s.run("a", "EXECUTE ins USING @v");
         s.run("a", "DEALLOCATE PREPARE ins");
       }},
      {"Init DB, USE, qualified names and Change user decide the database",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE app.t (id INT PRIMARY KEY); CREATE TABLE other.t (id INT PRIMARY KEY)");
         s.run("a", "INSERT INTO t VALUES (1); INSERT INTO other.t VALUES (1)");
         s.session("a").use("other");
         s.run("a", "INSERT INTO t VALUES (2)");
         s.run("a", "USE app");
         s.run("a", "INSERT INTO t VALUES (3)");
         s.session("a").change_user({.database = "other"});
         s.run("a", "INSERT INTO t VALUES (4)");
         s.connect("b", {});
         s.fail("b", "INSERT INTO t VALUES (5)");
         s.session("b").use("app");
         s.run("b", "INSERT INTO t VALUES (6)");
       }},
      {"Change user undoes the transaction and the session's state",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(60))");
         s.run("a", "SET sql_mode = 'ANSI_QUOTES'; BEGIN; INSERT INTO t VALUES (1, 'undone')");
         s.session("a").change_user({.database = "app"});
         s.run("a", "INSERT INTO t VALUES (2, \"a string again\")");
       }},
      // COM_RESET_CONNECTION leaves no row (measured on both servers): what it undoes is not seen.
      {"a connection that is reset between two transactions",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY)");
         s.run("a", "BEGIN; INSERT INTO t VALUES (1); COMMIT");
         s.session("a").reset_connection();
         s.run("a", "BEGIN; INSERT INTO t VALUES (2); COMMIT");
       }},
      {"Prepare and Execute: the values stand in Execute",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(200)) CHARSET=utf8mb4");
         s.session("a").execute("INSERT INTO t VALUES (?, ?)",
                                {"1", "it's \"quoted\" \\ and\nbroken; \xC3\xA9 \xF0\x9F\x98\x80"});
         s.session("a").execute("INSERT INTO t VALUES (?, ?)", {"2", std::nullopt});
         s.session("a").execute("UPDATE t SET v = CONCAT(v, ?) WHERE id = ?", {"?", "1"});
       }},
      {"Execute with binary parameters",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v BLOB)");
         std::string bytes;
         for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
         s.session("a").execute("INSERT INTO t VALUES (1, ?)", {bytes});
         s.session("a").execute("INSERT INTO t VALUES (2, ?)", {"\\\xE9\\'\xF0\\"});
       }},
      {"Long Data: the Execute behind it has the values",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (v LONGBLOB)");
         s.session("a").execute_long("INSERT INTO t VALUES (?)",
                                     {std::string(100'000, 'x') + "'\\" + '\0' + "y"});
       }},
      {"bulk execution: the values are not in the log",
       Outcome::suspect,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE bk (a INT, b VARCHAR(20)); CREATE TABLE t (id INT)");
         unsigned error = 0;
         s.session("a").execute_bulk("INSERT INTO bk (a, b) VALUES (?, ?)", {{"1", "one"}, {"2", "two"}},
                                     &error);
         s.run("a", "INSERT INTO t VALUES (1)");
       }},
      {"LOAD DATA LOCAL: the file is not in the log",
       Outcome::suspect,
       {"app.t"},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20)); CREATE TABLE u (id INT)");
         s.session("a").query_with_file("LOAD DATA LOCAL INFILE 'rows.tsv' INTO TABLE t", "1\tone\n2\ttwo\n");
         s.run("a", "INSERT INTO u VALUES (1)");
       }},
      {"a session with sql_log_off: what it does is not seen",
       Outcome::suspect,
       {"app.t"},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY)");
         s.run("a", "SET sql_log_off = 1");
         s.run("a", "INSERT INTO t VALUES (1)");
       }},
      {"text of 16 MiB",
       Outcome::equal,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT)");
         // What fills the log's column to within a character may be cut off, and is not run.
         const std::string head = "INSERT INTO t VALUES (1, '";
         s.run("a", head + std::string(16'777'211 - head.size() - 2, 'x') + "')");
       }},
      {"text of more than 16 MiB",
       Outcome::suspect,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT); CREATE TABLE u (id INT)");
         s.run("a", "INSERT INTO t VALUES (1, '" + std::string(20U << 20U, 'x') + "')");
         s.run("a", "INSERT INTO u VALUES (1)");
       }},
      {"a statement hidden in a string, a comment, an identifier",
       Outcome::exact,
       {},
       [](Scene& s) {
         s.run("a", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(200), `; DROP TABLE t; --` INT)");
         s.run("a",
               "INSERT INTO t VALUES (1, '''; DROP TABLE t; -- ', 2) /* ; DELETE FROM t; */ -- ; DELETE FROM "
               "t");
         s.run("a", "INSERT INTO t VALUES (2, \"\\\"; DELETE FROM t; '\", 3) # ; DELETE FROM t");
         s.run("a", "SET sql_mode = 'NO_BACKSLASH_ESCAPES'");
         s.run("a", "INSERT INTO t VALUES (3, 'a\\', 4); INSERT INTO t VALUES (4, '; DELETE FROM t; ', 5)");
         s.run("a", "SET sql_mode = 'ANSI_QUOTES'");
         s.run("a", "INSERT INTO \"t\" (\"id\", \"; DROP TABLE t; --\") VALUES (5, 6)");
       }},
  };
}

}  // namespace dw::test
