// `dw-load restore`: rows that left production come back from the mirror's archive, with what they reference.
//
// The archives are made by hand here, as loader/retention describes them. Production's server is the one that
// rows are restored into.

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
    archive_table VARCHAR(64), generation INT UNSIGNED, shape TEXT, period VARCHAR(16), route VARCHAR(64),
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
      mirror().sql(
          zero_dates + "CREATE TABLE app_archive." + name + " AS " + rows + " WHERE FALSE;" +
          "ALTER TABLE app_archive." + name + " MODIFY dw_reason VARCHAR(32), MODIFY dw_event VARCHAR(160);" +
          "INSERT INTO dw_meta.archives (schema_name,table_name,archive_schema,archive_table,generation) "
          "VALUES ('app','" +
          table + "','app_archive','" + name + "'," + std::to_string(generation) + ")");
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
