// `dw-load restore`: rows that left production come back from the mirror's archive, with what they reference.
//
// The archives are made by hand here, as loader/retention describes them. Production's server is the one that
// rows are restored into.

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

constexpr const char* kRegistry = R"(
  CREATE DATABASE IF NOT EXISTS dw_meta; CREATE DATABASE IF NOT EXISTS app_archive;
  CREATE TABLE dw_meta.archives (schema_name VARCHAR(64), table_name VARCHAR(64), archive_schema VARCHAR(64),
    archive_table VARCHAR(64), generation INT UNSIGNED, shape TEXT, period VARCHAR(16), route VARCHAR(64), void_events TEXT,
    created_at DATETIME(6), PRIMARY KEY (archive_schema, archive_table, schema_name, table_name));
)";

// A mirror, production, and the means to restore from one into the other.
class Scene {
 public:
  explicit Scene(PairOptions options) : pair_(without_web(std::move(options))) {
    pair_.source().write_option_file(pair_.file("production.cnf"));
    pair_.mirror().sql(std::string("GRANT ALL ON app_archive.* TO dw_load@'%';") + kRegistry);
  }

  DatabaseServer& mirror() { return pair_.mirror(); }
  DatabaseServer& production() { return pair_.source(); }

  void on_both(const std::string& sql) {
    mirror().sql(sql);
    production().sql(sql);
  }

  // Moves the table's rows into a generation of its archive, as a DELETE at that time does.
  void archive(const std::string& table, const std::string& where = "TRUE",
               const std::string& time = "2026-01-01 00:00:00", const std::string& reason = "delete",
               unsigned generation = 1) {
    copy(table, where, time, reason, generation);
    mirror().sql("SET foreign_key_checks=0; DELETE FROM app." + table + " WHERE " + where);
  }

  // The same, and the rows stay.
  void copy(const std::string& table, const std::string& where, const std::string& time,
            const std::string& reason, unsigned generation = 1) {
    const std::string name = generation == 1 ? table : table + "__" + std::to_string(generation);
    const std::string rows = "SELECT t.*, CAST('" + time + "' AS DATETIME(6)) AS dw_deleted_at, '" + reason +
                             "' AS dw_reason, '0-1-2' AS dw_event FROM app." + table + " t";
    const std::string zero_dates = "SET sql_mode='ALLOW_INVALID_DATES';";
    const std::string registered =
        mirror().sql("SELECT COUNT(*) FROM dw_meta.archives WHERE archive_table='" + name + "'");
    if (registered == "0\n") {
      mirror().sql(zero_dates + "CREATE TABLE app_archive." + name + " AS " + rows + " WHERE FALSE;" +
                   "ALTER TABLE app_archive." + name +
                   " MODIFY dw_reason VARCHAR(32), MODIFY dw_event VARCHAR(160);" +
                   "INSERT INTO dw_meta.archives "
                   "(schema_name,table_name,archive_schema,archive_table,generation,created_at) "
                   "VALUES ('app','" +
                   table + "','app_archive','" + name + "'," + std::to_string(generation) + ",NOW(6))");
    }
    mirror().sql(zero_dates + "INSERT INTO app_archive." + name + " " + rows + " WHERE " + where);
  }

  ProcessResult restore(const std::string& table, const std::string& where,
                        std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"restore", "--table", "app." + table, "--where", where});
    return pair_.load(more);
  }

  // Into production; must end well. Gives what it says.
  std::string restore_into(const std::string& table, const std::string& where,
                           std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--into", pair_.file("production.cnf").string()});
    const ProcessResult result = restore(table, where, std::move(more));
    INFO(result.err);
    CHECK(result.exit_code == 0);
    return result.out;
  }

  [[nodiscard]] std::string production_file() const { return pair_.file("production.cnf").string(); }

  // For the next section, on the same servers.
  void clear() {
    on_both("DROP DATABASE IF EXISTS app");
    mirror().sql("DROP DATABASE app_archive; DROP DATABASE dw_meta");
    mirror().sql(kRegistry);
  }

 private:
  static PairOptions without_web(PairOptions options) {
    options.web = Web::none;
    return options;
  }

  MirrorPair pair_;
};

// One pair of servers of a kind serves all tests of this file.
Scene& scene_of(const PairOptions& options) {
  static std::map<std::string, std::unique_ptr<Scene>> scenes;
  auto& scene = scenes[name_of(options)];
  if (!scene) {
    scene = std::make_unique<Scene>(options);
  } else {
    scene->clear();
  }
  return *scene;
}

template <typename Test>
void on_all_pairs(const Test& test) {
  for (const PairOptions& options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    INFO(name_of(options));
    test(scene_of(options));
  }
}

constexpr const char* kShop = R"(
  CREATE DATABASE app; USE app;
  CREATE TABLE countries (code CHAR(2) PRIMARY KEY, name VARCHAR(30) NOT NULL);
  CREATE TABLE regions (id INT AUTO_INCREMENT PRIMARY KEY, country CHAR(2) NOT NULL, name VARCHAR(30),
    FOREIGN KEY (country) REFERENCES countries (code));
  CREATE TABLE customers (id INT AUTO_INCREMENT PRIMARY KEY, region INT NOT NULL, name VARCHAR(30), UNIQUE (name),
    FOREIGN KEY (region) REFERENCES regions (id));
  CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer INT NOT NULL, total DECIMAL(9,2),
    placed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), gross DECIMAL(10,2) AS (total*1.19) STORED,
    FOREIGN KEY (customer) REFERENCES customers (id));
  CREATE TABLE items (orders_id INT NOT NULL, line TINYINT NOT NULL, what VARCHAR(30), PRIMARY KEY (orders_id, line),
    FOREIGN KEY (orders_id) REFERENCES orders (id));
  CREATE TABLE digits (d INT PRIMARY KEY);
  INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
  INSERT INTO countries VALUES ('de','Germany'),('fr','France'),('it','Italy');
  INSERT INTO regions (country,name) SELECT c.code, CONCAT('region ',d.d) FROM countries c JOIN digits d WHERE d.d<4
    ORDER BY 1,2;
  INSERT INTO customers (region,name) SELECT 1+(a.d+b.d) MOD 12, CONCAT('customer ',a.d,b.d) FROM digits a JOIN digits b
    ORDER BY 2;
  INSERT INTO orders (customer,total,placed) SELECT 1+(a.d*10+b.d), a.d*1.25+c.d, '2026-01-02 03:04:05.678901'
    FROM digits a JOIN digits b JOIN digits c ORDER BY 1, 2;
  INSERT INTO items SELECT id, d, CONCAT('thing ',d) FROM orders JOIN digits WHERE d < id MOD 4;
)";

const std::vector<std::string> kShopTables{"countries", "regions", "customers", "orders", "items"};

// The numbers behind a table's name in what restore prints: "1000 1000 0 0".
std::string numbers_of(const std::string& text, const std::string& table) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word != table) continue;
    std::string out;
    while (words >> word) out += (out.empty() ? "" : " ") + word;
    return out;
  }
  return "no such table in: " + text;
}

std::string shop_rows(DatabaseServer& server) {
  std::string out;
  for (const std::string& table : kShopTables) out += table + "\n" + rows_of(server, "app." + table);
  return out;
}

}  // namespace

TEST_CASE("1,000 orders with customers, items and two levels of parents come back") {
  on_all_pairs([](Scene& scene) {
    scene.on_both(kShop);
    const std::string before = shop_rows(scene.production());
    REQUIRE(scene.production().sql("SELECT COUNT(*) FROM app.orders") == "1000\n");
    for (const std::string& table : kShopTables) scene.archive(table);

    // Into a server that has nothing.
    if (scene.production().kind() == scene.mirror().kind()) {
      scene.production().sql("DROP DATABASE app");
      scene.restore_into("orders", "1", {"--with-children", "--create"});
      CHECK((shop_rows(scene.production()) == before));
    }

    // Into production's copy, where some of it is still there.
    scene.production().sql(
        "USE app; DELETE FROM items; DELETE FROM orders; DELETE FROM customers WHERE id > 5; DELETE FROM "
        "regions WHERE id NOT IN (SELECT region FROM customers)");
    const std::string first = scene.restore_into("orders", "1", {"--with-children"});
    CHECK((shop_rows(scene.production()) == before));
    CHECK(numbers_of(first, "app.orders") == "1000 1000 0 0");
    const std::string second =
        scene.restore_into("orders", "1", {"--with-children", "--existing", "overwrite"});
    CHECK((shop_rows(scene.production()) == before));
    CHECK(numbers_of(second, "app.orders") == "1000 0 0 1000");

    // As SQL.
    scene.production().sql(
        "USE app; DELETE FROM items; DELETE FROM orders; DELETE FROM customers; DELETE FROM regions; "
        "DELETE FROM countries");
    const ProcessResult sql = scene.restore("items", "1");
    scene.production().sql(sql.out);
    scene.production().sql(scene.restore("orders", "id MOD 4 = 0").out);
    CHECK((shop_rows(scene.production()) == before));
    scene.production().sql(sql.out);
    CHECK((shop_rows(scene.production()) == before));
  });
}

TEST_CASE("every kind of value comes back exactly, into a server and as SQL") {
  on_all_pairs([](Scene& scene) {
    const bool mysql_mirror = scene.mirror().kind() == ServerKind::mysql;
    const std::string rows = R"(
      SET NAMES utf8mb4, time_zone='+00:00', sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'; USE app;
      INSERT INTO v VALUES
       (0, -0e0, -0e0, 1.10000002384185791e0, 12345.678e0, x'ffffffffffffffff', 5, x'00ff27', x'61',
        ST_GeomFromText('POINT(1 2)'), '{"a": 1.0, "b": "é"}', '0000-00-00', '2021-02-31', '2021-01-01 00:00:00.5',
        '-838:59:59', 0, 'é', 'x,y', x'e9', x'835c', x'D83DDE00', 'a', '12345678901234567890.1234567890', 42, x'',
        'it''s \\ a\nline;\r -- \0 \Z \t "x" `y` 🐬', DEFAULT, DEFAULT, 'plain'),
       (1, 16777217, 5e-324, NULL, NULL, 0, 0, '', '', NULL, 'null', '9999-12-31 23:59:59.999999', '0000-00-00', NULL,
        '838:59:59', 2155, 'a', '', '', NULL, '', '', -1, 0, x'0001', '', DEFAULT, DEFAULT, ''),
       (2, 0.1, 1.7976931348623157e308, 0.01, 0.001, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, DEFAULT, DEFAULT, NULL),
       (-7, 3.4028234e38, 2.2250738585072014e-308, -1.5, 1, b'1', 7, '\\', '\'', NULL, '[]', '2024-02-29', '2024-02-29',
        '1970-01-01 00:00:01', '00:00:00.000001', 1901, 'é', 'y', 'ÿ', 'x', 'x', 'é', 0, 99999, 'a', 'a ', DEFAULT,
        DEFAULT, 'select');
    )";
    scene.on_both(R"(SET NAMES utf8mb4; CREATE DATABASE app; USE app;
      CREATE TABLE v (id INT PRIMARY KEY, f FLOAT, d DOUBLE, fd FLOAT(7,2), dd DOUBLE(10,3), b BIT(64), b1 BIT(3),
        vb VARBINARY(10), bi BINARY(4), g GEOMETRY, j JSON, dt DATETIME(6), da DATE, ts TIMESTAMP(3) NULL, ti TIME(6),
        y YEAR, e ENUM('a','é') CHARACTER SET utf8mb4, s SET('x','y'), l VARCHAR(10) CHARACTER SET latin1,
        sj VARCHAR(10) CHARACTER SET sjis, u16 VARCHAR(10) CHARACTER SET utf16, c CHAR(5) CHARACTER SET utf8mb4,
        de DECIMAL(30,10), z INT(5) UNSIGNED ZEROFILL, bl BLOB, tx TEXT CHARACTER SET utf8mb4,
        gs INT AS (id+1) STORED, gv VARCHAR(20) AS (CONCAT(id,'!')) VIRTUAL, `select` VARCHAR(10) NOT NULL DEFAULT 'q'
        );ALTER TABLE v MODIFY `select` VARCHAR(10);)");
    scene.on_both(rows);
    const std::string look =
        "SET NAMES utf8mb4, time_zone='+00:00'; SELECT id, CAST(f AS DOUBLE), d, CAST(fd AS DOUBLE), CAST(dd "
        "AS "
        "DOUBLE), b+0, b1+0, HEX(vb), HEX(bi), HEX(g), j, dt, da, ts, ti, y, e, s, HEX(l), HEX(sj), "
        "HEX(u16), c, de, "
        "z, HEX(bl), HEX(tx), gs, gv, `select`, (SELECT COUNT(*) FROM app.v) FROM app.v ORDER BY id";
    // A MySQL source's JSON is spaced as MariaDB leaves it.
    const std::string before = scene.mirror().sql(look);
    if (mysql_mirror) REQUIRE(before == scene.production().sql(look));
    scene.archive("v");
    scene.production().sql("DELETE FROM app.v");
    scene.restore_into("v", "1");
    CHECK(scene.production().sql(look) == before);
    scene.production().sql("DELETE FROM app.v");
    const ProcessResult sql = scene.restore("v", "1");
    scene.production().sql(sql.out);
    scene.production().sql(sql.out);
    CHECK(scene.production().sql(look) == before);
  });
}

TEST_CASE("a row comes back as it was at last, or as of a time") {
  on_all_pairs([](Scene& scene) {
    scene.on_both("CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY, a VARCHAR(20))");
    DatabaseServer& mirror = scene.mirror();
    const auto put = [&](const std::string& values) {
      mirror.sql("REPLACE INTO app.t (id,a) VALUES " + values);
    };
    put("(1,'first'),(2,'changed'),(3,'moved'),(4,'gone early'),(5,'wrong')");
    scene.copy("t", "id=2", "2026-01-01 10:00:00", "update");
    scene.copy("t", "id=5", "2026-01-01 10:00:00", "repair");
    scene.archive("t", "id IN (1,4)", "2026-01-01 10:00:00");
    scene.archive("t", "id=3", "2026-01-01 11:00:00", "key update");
    put("(1,'second'),(33,'moved')");
    scene.archive("t", "id=1", "2026-01-01 12:00:00");
    put("(2,'live'),(5,'right')");
    // A copy made for a statement that then failed.
    put("(2,'live'),(5,'right'),(8,'never left')");
    scene.copy("t", "id=8", "2026-01-01 12:30:00", "truncate");
    mirror.sql(
        "DELETE FROM app.t WHERE id=8; UPDATE app_archive.t SET dw_event='0-9-9' WHERE id=8; UPDATE "
        "dw_meta.archives SET void_events='[\"0-9-9\"]'");
    // A column that came later: the older images know nothing of it.
    scene.on_both("ALTER TABLE app.t ADD b INT DEFAULT 9");
    put("(1,'third')");
    scene.archive("t", "id=1", "2026-01-01 12:00:00.000001", "delete", 2);

    const auto restored = [&](const std::vector<std::string>& more) {
      scene.production().sql("DELETE FROM app.t");
      scene.restore_into("t", "1", more);
      return scene.production().sql("SELECT id, a, b FROM app.t ORDER BY id");
    };
    CHECK(restored({}) == "1\tthird\t9\n2\tlive\t9\n4\tgone early\t9\n5\tright\t9\n33\tmoved\t9\n");
    // What came after the time comes too: the archive does not know when.
    CHECK(restored({"--as-of", "2026-01-01T10:30:00Z"}) ==
          "1\tsecond\t9\n2\tlive\t9\n3\tmoved\t9\n5\tright\t9\n33\tmoved\t9\n");
    CHECK(restored({"--as-of", "2026-01-01T09:59:59Z"}) ==
          "1\tfirst\t9\n2\tchanged\t9\n3\tmoved\t9\n4\tgone early\t9\n5\tright\t9\n33\tmoved\t9\n");
    CHECK(restored({"--as-of", "2026-01-01 14:00:00+02:00"}) ==
          "1\tthird\t9\n2\tlive\t9\n5\tright\t9\n33\tmoved\t9\n");
    // The condition is asked of the state, not of a former image.
    scene.production().sql("DELETE FROM app.t");
    scene.restore_into("t", "a IN ('first','second','changed')");
    CHECK(scene.production().sql("SELECT COUNT(*) FROM app.t") == "0\n");
    scene.restore_into("t", "b IS NULL");
    CHECK(scene.production().sql("SELECT id FROM app.t") == "4\n");
  });
}

TEST_CASE("rows that are there are left or overwritten, as asked, and never deleted") {
  on_all_pairs([](Scene& scene) {
    scene.on_both(R"(CREATE DATABASE app; USE app; CREATE TABLE p (id INT PRIMARY KEY, a VARCHAR(20));
      CREATE TABLE c (id INT PRIMARY KEY, p INT, a VARCHAR(20), FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE);
      CREATE TABLE d (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES c (id) ON DELETE CASCADE);
      INSERT INTO p VALUES (1,'old'); INSERT INTO c VALUES (1,1,'old'),(2,1,'old'); INSERT INTO d VALUES (1,1))");
    scene.archive("c", "id=2");
    scene.production().sql("USE app; UPDATE p SET a='new'; UPDATE c SET a='new'; DELETE FROM c WHERE id=2");
    const auto rows = [&] {
      return scene.production().sql(
          "USE app; SELECT a FROM p; SELECT id, a FROM c ORDER BY id; SELECT * FROM d");
    };
    const std::string plan = scene.restore_into("c", "p=1", {"--dry-run"});
    CHECK(numbers_of(plan, "app.c") == "2 2 0 1 1");
    CHECK(numbers_of(plan, "app.p") == "1 0 1 0 1");
    CHECK_THAT(plan, Catch::Contains("app.c: 1 rows are there already\napp.p: 1 rows"));
    CHECK(rows() == "new\n1\tnew\n1\t1\n");
    scene.restore_into("c", "p=1");
    CHECK(rows() == "new\n1\tnew\n2\told\n1\t1\n");
    CHECK(numbers_of(scene.restore_into("c", "1", {"--existing", "overwrite"}), "app.c") == "2 0 1 1");
    CHECK(rows() == "new\n1\told\n2\told\n1\t1\n");
    scene.restore_into("c", "1", {"--existing", "overwrite-all"});
    CHECK(rows() == "old\n1\told\n2\told\n1\t1\n");
  });
}

TEST_CASE("a restore that fails leaves the server as it was") {
  on_all_pairs([](Scene& scene) {
    scene.on_both(R"(CREATE DATABASE app; USE app; CREATE TABLE p (id INT PRIMARY KEY);
      CREATE TABLE c (id INT PRIMARY KEY, p INT, u INT UNIQUE, FOREIGN KEY (p) REFERENCES p (id));
      INSERT INTO p VALUES (1); INSERT INTO c VALUES (1,1,1),(2,1,2))");
    scene.archive("c");
    scene.archive("p");
    // Another row has the unique value of the last one.
    scene.production().sql("USE app; DELETE FROM c; DELETE FROM p; INSERT INTO c VALUES (9,NULL,2)");
    ProcessResult failed = scene.restore("c", "1", {"--into", scene.production_file()});
    CHECK(failed.exit_code == 1);
    CHECK_THAT(failed.err, Catch::Contains("app.c (`id`=2): Duplicate entry '2'"));
    CHECK_THAT(failed.err, Catch::Contains("nothing was changed there"));
    CHECK(scene.production().sql("USE app; SELECT COUNT(*) FROM p; SELECT id FROM c") == "0\n9\n");
    const std::string sql = scene.restore("c", "1").out;
    CHECK_THROWS(scene.production().sql(sql));
    CHECK(scene.production().sql("USE app; SELECT COUNT(*) FROM p; SELECT id FROM c") == "0\n9\n");

    // A parent that nobody has. Tables that were made for the restore go again.
    scene.mirror().sql("DELETE FROM app_archive.p");
    scene.production().sql("DROP TABLE app.c");
    if (scene.production().kind() != scene.mirror().kind()) return;
    failed = scene.restore("c", "1", {"--into", scene.production_file(), "--create"});
    CHECK(failed.exit_code == 1);
    CHECK_THAT(failed.err, Catch::Contains("foreign key constraint fails"));
    CHECK(scene.production().sql("SHOW TABLES FROM app") == "p\n");
    CHECK_THAT(scene.restore("c", "1", {"--dry-run"}).out,
               Catch::Contains("not here: the row of app.p that app.c references by (`p`=1)"));
  });
}

TEST_CASE("rows that reference each other in a circle, and chains in one table") {
  on_all_pairs([](Scene& scene) {
    scene.on_both(R"(CREATE DATABASE app; USE app;
      CREATE TABLE tree (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES tree (id));
      CREATE TABLE a (id INT PRIMARY KEY, b INT NOT NULL, tree INT); CREATE TABLE b (id INT PRIMARY KEY, a INT NOT NULL,
      FOREIGN KEY (a) REFERENCES a (id)); ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b (id), ADD FOREIGN KEY (tree)
      REFERENCES tree (id);
      INSERT INTO tree VALUES (9,NULL),(5,9),(7,5),(1,7),(20,20); SET foreign_key_checks=0;
      INSERT INTO a VALUES (1,1,1),(2,2,20),(3,2,NULL); INSERT INTO b VALUES (1,2),(2,1);)");
    const std::string look =
        "USE app; SELECT * FROM tree ORDER BY id; SELECT * FROM a ORDER BY id; SELECT * FROM b ORDER BY id";
    const std::string before = scene.production().sql(look);
    for (const char* table : {"a", "b", "tree"}) scene.archive(table);
    const std::string empty =
        "USE app; SET foreign_key_checks=0; DELETE FROM a; DELETE FROM b; DELETE FROM tree";
    scene.production().sql(empty);
    scene.restore_into("a", "1");
    CHECK(scene.production().sql(look) == before);
    scene.production().sql(empty);
    const std::string sql = scene.restore("a", "1").out;
    scene.production().sql(sql);
    CHECK(scene.production().sql(look) == before);

    // What the circle references is checked, though the server did not.
    scene.production().sql(empty);
    scene.mirror().sql("DELETE FROM app_archive.b WHERE id=1");
    const ProcessResult failed = scene.restore("a", "1", {"--into", scene.production_file()});
    CHECK(failed.exit_code == 1);
    CHECK(scene.production().sql("SELECT (SELECT COUNT(*) FROM app.a) + (SELECT COUNT(*) FROM app.b)") ==
          "0\n");
    scene.mirror().sql(
        "UPDATE app_archive.a SET tree=77 WHERE id=2; INSERT INTO app_archive.b SELECT "
        "1,2,dw_deleted_at,dw_reason,dw_event FROM app_archive.b LIMIT 1");
    const ProcessResult dangling = scene.restore("a", "1", {"--into", scene.production_file()});
    CHECK(dangling.exit_code == 1);
    CHECK_THAT(dangling.err, Catch::Contains("it references a row that is not there"));
    CHECK(scene.production().sql("SELECT (SELECT COUNT(*) FROM app.a) + (SELECT COUNT(*) FROM app.tree)") ==
          "0\n");
    CHECK_THROWS(scene.production().sql(scene.restore("a", "1").out));
    CHECK(scene.production().sql("SELECT (SELECT COUNT(*) FROM app.a) + (SELECT COUNT(*) FROM app.tree)") ==
          "0\n");
  });
}

TEST_CASE("tables without a key get each row as often as it was there") {
  on_all_pairs([](Scene& scene) {
    scene.on_both(
        R"(SET NAMES utf8mb4; CREATE DATABASE app; CREATE TABLE app.n (a FLOAT, t VARCHAR(10) CHARACTER SET
      utf8mb4, j JSON, g GEOMETRY, b BLOB); INSERT INTO app.n VALUES (0.1,'x','{"a": 1}',ST_GeomFromText('POINT(1 2)'),'q'),
      (0.1,'x','{"a": 1}',ST_GeomFromText('POINT(1 2)'),'q'), (0.1,'X',NULL,NULL,NULL), (NULL,'x ',NULL,NULL,''))");
    const std::string look = "SELECT a, HEX(t), j, HEX(g), HEX(b) FROM app.n ORDER BY 1,2,3";
    const std::string before = scene.mirror().sql(look);
    scene.archive("n", "t='x' AND j IS NOT NULL");
    scene.production().sql("DELETE FROM app.n WHERE j IS NOT NULL LIMIT 1");
    if (scene.production().kind() == scene.mirror().kind()) {
      for (int i = 0; i < 2; ++i) {
        scene.restore_into("n", "1");
        CHECK(scene.production().sql(look) == before);
      }
    }
    scene.production().sql("DELETE FROM app.n");
    const std::string sql = scene.restore("n", "1").out;
    scene.production().sql(sql);
    scene.production().sql(sql);
    CHECK(scene.production().sql(look) == before);
    CHECK_THAT(scene.restore("n", "1", {"--dry-run"}).out, Catch::Contains("app.n: 4 rows without a key"));
  });
}

TEST_CASE("keys of characters are the same as their collation says") {
  on_all_pairs([](Scene& scene) {
    scene.on_both(R"(SET NAMES utf8mb4; CREATE DATABASE app; USE app;
      CREATE TABLE p (code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY, n INT);
      CREATE TABLE c (id INT PRIMARY KEY, p VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci,
        FOREIGN KEY (p) REFERENCES p (code)); INSERT INTO p VALUES ('Ärger',1),('b',2); INSERT INTO c VALUES (1,'ARGER'))");
    scene.archive("p", "n=1", "2026-01-01 01:00:00");
    scene.mirror().sql("SET foreign_key_checks=0; INSERT INTO app.p VALUES ('aRGer',3)");
    scene.production().sql("USE app; DELETE FROM c; DELETE FROM p");
    scene.restore_into("c", "1");
    CHECK(scene.production().sql("SELECT code, n FROM app.p") == "aRGer\t3\n");
    scene.archive("c");
    scene.restore_into("p", "1", {"--with-children"});
    CHECK(scene.production().sql("SELECT n FROM app.p ORDER BY n") == "2\n3\n");
  });
}

TEST_CASE("a table that was dropped comes back into one that was made for it") {
  on_all_pairs([](Scene& scene) {
    scene.on_both(
        R"(CREATE DATABASE app; USE app; CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE c (id INT PRIMARY KEY,
      p INT, g INT AS (id*2) STORED, FOREIGN KEY (p) REFERENCES p (id)); INSERT INTO p VALUES (1); INSERT INTO c (id,p)
      VALUES (1,1),(2,1))");
    scene.archive("c", "1", "2026-01-01 00:00:00", "drop table");
    scene.archive("p");
    scene.mirror().sql("DROP TABLE app.c");
    scene.production().sql("USE app; DELETE FROM c; DELETE FROM p");
    scene.restore_into("c", "id=2");
    CHECK(scene.production().sql("USE app; SELECT * FROM p; SELECT * FROM c") == "1\n2\t1\t4\n");
    scene.production().sql("DROP TABLE app.c");
    const ProcessResult failed = scene.restore("c", "1", {"--into", scene.production_file(), "--create"});
    CHECK(failed.exit_code == 1);
    CHECK_THAT(failed.err, Catch::Contains("has no table app.c"));

    // What its archive is indexed by takes NULL: it is no key.
    scene.on_both(
        "CREATE TABLE app.u (a INT, b INT, UNIQUE (a)); INSERT INTO app.u VALUES (1,1),(NULL,2),(NULL,3)");
    scene.archive("u", "1", "2026-01-01 00:00:00", "drop table");
    scene.mirror().sql("DROP TABLE app.u; ALTER TABLE app_archive.u ADD KEY (a)");
    const std::string sql = scene.restore("u", "1").out;
    scene.production().sql("DELETE FROM app.u");
    scene.production().sql(sql);
    CHECK(scene.production().sql("SELECT b FROM app.u ORDER BY b") == "1\n2\n3\n");
  });
}

TEST_CASE("restore refuses what it cannot do, in one line") {
  on_all_pairs([](Scene& scene) {
    scene.on_both(
        "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY, extra INT); CREATE VIEW app.w AS "
        "SELECT * FROM app.t; "
        "CREATE TABLE app.m (id INT PRIMARY KEY) ENGINE=MyISAM; INSERT INTO app.t VALUES (1,1); INSERT INTO "
        "app.m VALUES (1)");
    const auto refuses = [&](const ProcessResult& result, int code, const std::string& text) {
      CHECK(result.exit_code == code);
      CHECK_THAT(result.err, Catch::Contains(text));
      CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    };
    refuses(scene.restore("nothing", "1"), 2, "the mirror has no table app.nothing");
    refuses(scene.restore("w", "1"), 2, "app.w is a view");
    refuses(scene.restore("t", "nothing=1"), 2, "the mirror refuses --where");
    refuses(scene.restore("t", "1; DROP TABLE t"), 2, "the mirror refuses --where");
    refuses(scene.restore("t", "1", {"--existing", "delete"}), 2, "leave, overwrite or overwrite-all");
    refuses(scene.restore("t", "1", {"--as-of", "yesterday"}), 2, "is no time");
    refuses(scene.restore("m", "1", {"--into", scene.production_file()}), 1,
            "its engine has no transactions");
    scene.production().sql("ALTER TABLE app.t DROP extra");
    refuses(scene.restore("t", "1", {"--into", scene.production_file()}), 1, "lacks the column extra");
    scene.production().sql("CREATE DATABASE dw_meta");
    refuses(scene.restore("t", "1", {"--into", scene.production_file()}), 2, "is a mirror of dw-load");
    scene.production().sql("DROP DATABASE dw_meta");
    CHECK(scene.mirror().sql("SELECT COUNT(*) FROM app.t") == "1\n");
  });
}

TEST_CASE(
    "what production deleted comes back from the archive that the mirror kept, and the mirror follows") {
  for (PairOptions options : all_pairs()) {
    if (!require_server(options.source) || !require_server(options.mirror)) continue;
    INFO(name_of(options));
    options.retention = "archive";
    MirrorPair pair(options);
    pair.source().write_option_file(pair.file("production.cnf"));
    pair.source().sql(kShop);
    pair.sync();
    const std::string before = shop_rows(pair.source());
    const std::string mirrored = shop_rows(pair.mirror());
    pair.source().sql(
        "USE app; TRUNCATE items; UPDATE orders SET total=total+1 WHERE id<10; DELETE FROM orders WHERE "
        "id<10; INSERT INTO "
        "orders (id,customer,total,placed) VALUES (5,1,7,'2026-02-02 02:02:02'); DELETE FROM orders WHERE "
        "id=5");
    pair.sync();
    const std::string then = pair.source().sql("SET sql_log_off=1; SELECT UTC_TIMESTAMP(6)");
    pair.source().sql(
        "USE app; DELETE FROM orders; DELETE FROM customers; DELETE FROM regions; DELETE FROM countries");
    pair.sync();
    REQUIRE(shop_rows(pair.mirror()) == shop_rows(pair.source()));

    const auto restore = [&](std::vector<std::string> more) {
      more.insert(more.begin(), {"restore", "--table", "app.orders", "--with-children", "--into",
                                 pair.file("production.cnf").string(), "--where"});
      const ProcessResult result = pair.load(more);
      INFO(result.err);
      CHECK(result.exit_code == 0);
      return result.out;
    };
    CHECK(numbers_of(restore({"id<10"}), "app.orders") == "9 9 0 0");
    CHECK(pair.source().sql("SELECT id, customer, total FROM app.orders WHERE id IN (1,5) ORDER BY id") ==
          "1\t1\t1.00\n5\t1\t7.00\n");
    CHECK(numbers_of(restore({"1", "--as-of", then.substr(0, then.find('\n'))}), "app.orders") ==
          "991 991 0 0");
    pair.source().sql(
        "USE app; DELETE FROM items WHERE orders_id<10; DELETE FROM orders WHERE id=5; UPDATE orders SET "
        "total=total-1 WHERE id<10");
    CHECK(numbers_of(restore({"1"}), "app.orders") == "1000 1 0 999");
    pair.source().sql(
        "UPDATE app.orders SET customer=1, total=4, placed='2026-01-02 03:04:05.678901' WHERE id=5");
    restore({"1"});
    CHECK((shop_rows(pair.source()) == before));
    pair.sync();
    CHECK((shop_rows(pair.mirror()) == mirrored));
    CHECK(pair.mirror().sql("SELECT COUNT(*) FROM dw_meta.failures") == "0\n");
  }
}
