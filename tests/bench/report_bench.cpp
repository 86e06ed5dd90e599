// The page for a synthetic year: report_bench [TABLES [DAYS [BATCHES-A-DAY [FOLDER]]]]
//
// Fills a mirror's dw_meta with that history and prints how large the page of `dw-load report --html` is, how
// long it took to make, and whether it is wider than a phone or a screen. Fails above 1 MB or 2 s, and where
// one has to scroll sideways. With FOLDER the page, pictures of it and `status --json` stay there.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "tests/support/browser.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;

namespace {

constexpr double kMostSeconds = 2;
constexpr std::uintmax_t kMostBytes = 1'000'000;

// The numbers 0 … count-1 in dw_numbers.n.
void make_numbers(DatabaseServer& mirror, int count) {
  std::string rows = "(0)";
  for (int i = 1; i < count; ++i) rows += ",(" + std::to_string(i) + ")";
  mirror.sql(
      "CREATE DATABASE dw_numbers; CREATE TABLE dw_numbers.n (n INT PRIMARY KEY); INSERT INTO dw_numbers.n "
      "VALUES " +
      rows);
}

std::string below(const char* alias, int count) {
  return std::string("dw_numbers.n ") + alias + " ON " + alias + ".n < " + std::to_string(count);
}

void fill(DatabaseServer& mirror, int tables, int days, int batches) {
  make_numbers(mirror, std::max({tables, days, batches, 30}));
  const std::string day = "UTC_TIMESTAMP() - INTERVAL d.n DAY";
  mirror.sql(
      "INSERT INTO dw_meta.batches (source_id, sha256, cursor_next, complete, received, applied, retained, "
      "withheld, rolled_back, `inner`, ignored, failed, last_event_at, fetched_at, applied_at) SELECT "
      "'bench', '', '', 1, 1000 + b.n + d.n % 7 * 300, 700 + b.n + d.n % 7 * 290, 60 + d.n % 7 * 10, 5, 20, "
      "150, 63, 2, " +
      day + " - INTERVAL (b.n % 9 + d.n * 37 % 40) SECOND, " + day + ", " + day +
      " FROM dw_numbers.n z JOIN " + below("d", days) + " JOIN " + below("b", batches) + " WHERE z.n = 0");
  for (const char* schema : {"bench_shop", "bench_shop_archive"}) {
    mirror.sql(
        std::string("INSERT INTO dw_meta.table_sizes (day, table_schema, table_name, row_count, byte_count) "
                    "SELECT UTC_DATE() - INTERVAL d.n DAY, '") +
        schema +
        "', CONCAT('customer_orders_', t.n), 1000 * (t.n + 1) * (400 - d.n), 64000 * (t.n + 1) * (400 "
        "- d.n) FROM dw_numbers.n z JOIN " +
        below("d", days) + " JOIN " + below("t", tables) + " WHERE z.n = 0");
  }
  // An archive for each table; that they are really there counts, for the servers count their rows.
  for (int i = 0; i < tables; ++i) {
    const std::string name = "customer_orders_" + std::to_string(i);
    mirror.sql("CREATE DATABASE IF NOT EXISTS bench_shop_archive; CREATE TABLE bench_shop_archive." + name +
               " (id INT PRIMARY KEY); INSERT INTO bench_shop_archive." + name +
               " SELECT n FROM dw_numbers.n WHERE n < " + std::to_string(i % 50));
  }
  mirror.sql(
      "INSERT INTO dw_meta.archives (schema_name, table_name, archive_schema, archive_table, generation, "
      "engine, shape, created_at) SELECT 'bench_shop', CONCAT('customer_orders_', n), 'bench_shop_archive', "
      "CONCAT('customer_orders_', n), 1, 'InnoDB', '[]', UTC_TIMESTAMP() FROM dw_numbers.n WHERE n < " +
      std::to_string(tables));
  mirror.sql(
      "INSERT INTO dw_meta.failures (batch_id, log_cursor, event_at, thread_id, user_host, database_name, "
      "error, "
      "message, statement) SELECT 1, '', UTC_TIMESTAMP(), 1, '', 'bench_shop', 1062, 'Duplicate entry', "
      "'INSERT INTO customer_orders_1 VALUES (1)' FROM dw_numbers.n WHERE n < 30");
  mirror.sql(
      "CREATE TABLE IF NOT EXISTS dw_meta.chunks (table_schema VARCHAR(64) NOT NULL, table_name VARCHAR(64) "
      "NOT NULL, "
      "chunk INT NOT NULL, lower_bound LONGTEXT NULL, upper_bound LONGTEXT NULL, row_count BIGINT NOT NULL "
      "DEFAULT 0, "
      "checked_at DATETIME(6) NULL, verified_at DATETIME(6) NULL, differing BIGINT NOT NULL DEFAULT 0, found "
      "BIGINT "
      "NOT NULL DEFAULT 0, repaired BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (table_schema, table_name, "
      "chunk)); "
      "INSERT INTO dw_meta.chunks (table_schema, table_name, chunk, row_count, verified_at, found, repaired) "
      "SELECT "
      "'bench_shop', CONCAT('customer_orders_', t.n), c.n, 1000, UTC_TIMESTAMP() - INTERVAL (t.n + c.n) % 30 "
      "HOUR, "
      "t.n % 3, t.n % 3 FROM dw_numbers.n z JOIN " +
      below("t", tables) + " JOIN " + below("c", 20) + " WHERE z.n = 0");
  mirror.sql("DROP DATABASE dw_numbers");
}

// Whether nothing stands out of the frame at either width. Pictures go into the folder, if there is one.
bool fits(const std::filesystem::path& page, const std::filesystem::path& folder) {
  if (!Browser::is_there()) {
    std::cerr << "chromium is not installed: the page's width is not measured\n";
    return true;
  }
  const Browser browser;
  bool out = true;
  for (const int width : {390, 1200}) {
    const int overflow = browser.overflow(page, width);
    std::printf("         in a frame of %d pixels: %d too wide\n", width, overflow);
    out = out && overflow == 0;
    if (folder.empty()) continue;
    for (const Browser::Scheme scheme : {Browser::Scheme::light, Browser::Scheme::dark}) {
      const char* const name = scheme == Browser::Scheme::dark ? "-dark.png" : "-light.png";
      browser.screenshot(page, width, scheme, folder / ("page-" + std::to_string(width) + name));
    }
  }
  return out;
}

int argument(int argc, char** argv, int index, int fallback) {
  return argc > index ? std::atoi(argv[index]) : fallback;
}

}  // namespace

int main(int argc, char** argv) {
  const int tables = argument(argc, argv, 1, 200);
  const int days = argument(argc, argv, 2, 365);
  const int batches = argument(argc, argv, 3, 1440);
  bool failed = false;
  for (const PairOptions& options : all_pairs()) {
    if (options.source != options.mirror) continue;
    MirrorPair pair(options);
    pair.source().sql("CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY)");
    pair.sync();
    fill(pair.mirror(), tables, days, batches);
    pair.mirror().sql("GRANT SELECT ON bench_shop_archive.* TO 'dw_load'@'%'");
    const auto started = std::chrono::steady_clock::now();
    const ProcessResult result = pair.load({"report", "--html", pair.file("mirror.html")});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    if (result.exit_code != 0) {
      std::cerr << result.err;
      return 1;
    }
    const std::uintmax_t bytes = std::filesystem::file_size(pair.file("mirror.html"));
    std::printf("%-8s %d tables, %d days, %d batches a day: %.0f kB in %.2f s\n",
                std::string(to_string(options.mirror)).c_str(), tables, days, batches,
                static_cast<double>(bytes) / 1000, seconds);
    const std::filesystem::path folder = argc > 4 ? argv[4] : "";
    const bool is_narrow = fits(pair.file("mirror.html"), folder);
    failed = failed || bytes > kMostBytes || seconds > kMostSeconds || !is_narrow;
    if (!folder.empty()) {
      std::filesystem::copy_file(pair.file("mirror.html"), folder / "mirror.html",
                                 std::filesystem::copy_options::overwrite_existing);
      write_file(folder / "status.json", pair.load({"status", "--json"}).out, 0644);
    }
  }
  return failed ? 1 : 0;
}
