// What a mirror is worth behind a busy shop: sysbench oltp_read_write on production while dw-load follows;
// then every table of both servers is compared, and what differs with the suspects. A report, not a test. See
// kHelp.
#include <iomanip>
#include <iostream>

#include <cxxopts.hpp>

#include "tests/differential/coverage.h"
#include "tests/support/mirror_pair.h"

namespace {

using namespace dw::test;
using dw::mysql::Connection;

constexpr const char* kHelp =
    R"(sysbench_report: rows that differ after sysbench oltp_read_write, and how many the suspects name

  sysbench_report [--pair PAIR] [--seconds N] [--threads N] [--tables N] [--rows N]

  --pair PAIR    mariadb-mariadb, mysql-mysql, mysql-mariadb, or all (the default)
  --seconds N    how long sysbench runs (default 30)
  --threads N    its sessions (default 8)
  --tables N     (default 4)
  --rows N       of each table at the start (default 10000)

Exit codes: 0 reported, 1 failed, 2 usage.
)";

struct Load {
  int seconds = 30;
  int threads = 8;
  int tables = 4;
  int rows = 10000;
};

std::vector<std::string> sysbench(const Load& load, DatabaseServer& server, const std::string& what) {
  return {"nice",
          "-n",
          "10",
          "sysbench",
          "oltp_read_write",
          "--mysql-host=127.0.0.1",
          "--mysql-port=" + std::to_string(server.port()),
          "--mysql-user=root",
          "--mysql-db=app",
          "--mysql-ssl=off",
          "--tables=" + std::to_string(load.tables),
          "--table-size=" + std::to_string(load.rows),
          "--threads=" + std::to_string(load.threads),
          "--time=" + std::to_string(load.seconds),
          "--report-interval=0",
          what};
}

Connection connect(DatabaseServer& server, const std::filesystem::path& option_file) {
  server.write_option_file(option_file);
  Connection out = Connection::open({.defaults_file = option_file});
  out.execute("SET SESSION sql_mode=''");
  return out;
}

std::size_t number(Connection& server, const std::string& sql) {
  return std::stoul(server.value(sql).value_or("0"));
}

void print_tables(const std::vector<TableCoverage>& tables) {
  std::cout
      << "  table            rows  missing  extra  other values  in suspects  unnoticed   rows suspect\n";
  for (const TableCoverage& table : tables) {
    std::cout << "  " << std::left << std::setw(14) << table.table << std::right << std::setw(7) << table.rows
              << std::setw(9) << table.missing << std::setw(7) << table.extra << std::setw(14)
              << table.other_values << std::setw(13) << table.covered << std::setw(11)
              << table.differing() - table.covered << std::setw(15) << table.rows_covered << '\n';
    if (!table.uncovered.empty()) std::cout << "    such as " << table.uncovered << '\n';
  }
}

void print_notes(Connection& mirror, const SuspectNet& net) {
  std::cout << "  suspects: " << net.by_scope()[0] << " keys, " << net.by_scope()[1] << " ids, "
            << net.by_scope()[2] << " table, " << net.by_scope()[3] << " all\n";
  for (const auto& row : mirror.rows("SELECT reason, scope, COUNT(*), SUM(times) FROM dw_meta.suspects WHERE "
                                     "cleared_at IS NULL GROUP BY 1, 2"))
    std::cout << "    " << row[2].value_or("") << " " << row[1].value_or("") << ": " << row[0].value_or("")
              << " (" << row[3].value_or("") << " times)\n";
  std::cout << "  failures: " << number(mirror, "SELECT COUNT(*) FROM dw_meta.failures") << '\n';
  for (const auto& row :
       mirror.rows("SELECT COUNT(*), error, MIN(LEFT(statement, 80)) FROM dw_meta.failures GROUP BY error"))
    std::cout << "    " << row[0].value_or("") << " with error " << row[1].value_or("") << ", such as "
              << row[2].value_or("") << '\n';
}

void report(const PairOptions& base, const Load& load) {
  PairOptions options = base;
  options.retention = "none";
  MirrorPair pair(options);
  pair.source().sql("CREATE DATABASE app");
  run_or_throw(sysbench(load, pair.source(), "prepare"));
  pair.sync();
  Process follow = pair.start_load({"sync", "--follow", "2"});
  run_or_throw(sysbench(load, pair.source(), "run"));
  follow.terminate();
  pair.sync();

  Connection source = connect(pair.source(), pair.file("report_source.cnf"));
  Connection mirror = connect(pair.mirror(), pair.file("report_mirror.cnf"));
  const SuspectNet net(mirror);
  std::cout << name_of(base) << ": " << load.threads << " threads, " << load.seconds << " s, "
            << number(mirror, "SELECT SUM(applied) FROM dw_meta.batches") << " statements replayed in "
            << number(mirror, "SELECT COUNT(*) FROM dw_meta.batches") << " batches\n";
  print_tables(measure_coverage(source, mirror, net, {"app"}));
  print_notes(mirror, net);
  std::cout << std::flush;
}

Load read_load(const cxxopts::ParseResult& options) {
  return {.seconds = options["seconds"].as<int>(),
          .threads = options["threads"].as<int>(),
          .tables = options["tables"].as<int>(),
          .rows = options["rows"].as<int>()};
}

}  // namespace

int main(int argc, char** argv) {
  cxxopts::Options spec("sysbench_report");
  spec.add_options()("pair", "", cxxopts::value<std::string>()->default_value("all"))(
      "seconds", "", cxxopts::value<int>()->default_value("30"))(
      "threads", "", cxxopts::value<int>()->default_value("8"))("tables", "",
                                                                cxxopts::value<int>()->default_value("4"))(
      "rows", "", cxxopts::value<int>()->default_value("10000"))("help", "");
  try {
    const cxxopts::ParseResult options = spec.parse(argc, argv);
    if (options.count("help") > 0) {
      std::cout << kHelp;
      return 0;
    }
    const auto wanted = options["pair"].as<std::string>();
    for (const PairOptions& pair : all_pairs()) {
      const std::string name =
          std::string(to_string(pair.source)) + "-" + std::string(to_string(pair.mirror));
      if (wanted != "all" && wanted != name) continue;
      if (require_server(pair.source) && require_server(pair.mirror)) report(pair, read_load(options));
    }
    return 0;
  } catch (const cxxopts::exceptions::exception& error) {
    std::cerr << "sysbench_report: " << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "sysbench_report: " << error.what() << '\n';
    return 1;
  }
}
