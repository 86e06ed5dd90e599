// Whether the archive stays fast when it outgrows memory: the mirror has a buffer pool of 64 MiB, keys are
// random, and the live table is small all the time, so that what grows is the archive alone.
//
// First the same deletes through `dw-load apply` into an archive that is split by month; into one that is
// not; and into one that is not and has the indexes of the live table too, as the second seed text had it.
// The first takes ROWS, the others end after MINUTES at the latest. Prints rows kept a second in each tenth
// of ROWS, and the last over the first.
//
// Then MINUTES each of moving orders from the source to the mirror in rounds, with what production does
// counted in: dw (DELETE statements on the source, then `dw-load sync`) and pt-archiver, which deletes and
// inserts; a row at a time, and in bulk. pt-archiver's table has the live table's indexes. The general log is
// off while it works.
//
// Both servers commit durably for everyone (innodb_flush_log_at_trx_commit=1) and read and write past the
// page cache (O_DIRECT); TMPDIR must be on a disk. Usage: archive_bench [ROWS [MINUTES [mariadb|mysql
// [curves|contest]]]]

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <sys/vfs.h>

#include "tests/bench/archive_load.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kRounds = 100;
constexpr int kTenths = 10;
constexpr int kRoundsPerTenth = kRounds / kTenths;
constexpr long kTmpfs = 0x01021994;  // TMPFS_MAGIC (statfs(2))

struct Settings {
  std::int64_t rows = 5'000'000;
  double minutes = 5;
  ServerKind kind = ServerKind::mariadb;
  std::string part = "both";
  [[nodiscard]] int per_round() const { return static_cast<int>(rows / kRounds); }
};

double seconds_of(const std::function<void()>& work) {
  const auto started = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - started).count();
}

void must_end_well(const std::string& what, const ProcessResult& result) {
  if (result.exit_code != 0) throw std::runtime_error(what + " failed: " + result.err);
}

PairOptions pair_options(const Settings& settings, const std::string& archive) {
  PairOptions options;
  options.source = options.mirror = settings.kind;
  options.retention = "archive";
  options.load_extra = R"(, "archive": )" + archive;
  const std::vector<std::string> both{"--innodb-flush-log-at-trx-commit=1", "--innodb-flush-method=O_DIRECT",
                                      settings.kind == ServerKind::mariadb
                                          ? "--innodb-log-file-size=96M"
                                          : "--innodb-redo-log-capacity=100M"};  // the servers' defaults
  options.source_server = options.mirror_server = both;
  options.source_server.emplace_back("--innodb-buffer-pool-size=256M");
  options.mirror_server.emplace_back("--innodb-buffer-pool-size=64M");
  options.mirror_server.emplace_back("--local-infile=1");  // for pt-archiver --bulk-insert
  return options;
}

void must_count(DatabaseServer& server, const std::string& table, std::int64_t rows) {
  const std::string found = server.sql("SELECT COUNT(*) FROM " + table);
  if (found != std::to_string(rows) + "\n")
    throw std::runtime_error(table + " has " + found + "rows, not " + std::to_string(rows));
}

std::string of_the_archive(DatabaseServer& mirror, const std::string& what) {
  std::string out = mirror.sql("SELECT " + what +
                               " FROM information_schema.TABLES WHERE TABLE_SCHEMA='app_archive' AND "
                               "TABLE_TYPE='BASE TABLE'");
  out.pop_back();
  return out;
}

// Rows a second in each tenth that was reached; printed as it goes.
class Tenths {
 public:
  Tenths(const char* name, int per_round) : per_round_(per_round) { std::printf("%-36s", name); }

  void add(double seconds, double cpu_seconds) {
    const auto tenth = static_cast<std::size_t>(rounds_ / kRoundsPerTenth);
    seconds_.at(tenth) += seconds;
    cpu_seconds_.at(tenth) += cpu_seconds;
    if (++rounds_ % kRoundsPerTenth == 0) print_rate(tenth);
  }
  [[nodiscard]] bool done() const { return rounds_ == kRounds; }
  [[nodiscard]] std::int64_t rows() const { return std::int64_t{rounds_} * per_round_; }
  [[nodiscard]] double minutes() const {
    double sum = 0;
    for (const double seconds : seconds_) sum += seconds;
    return sum / 60;
  }

  void finish() const {
    const auto last = static_cast<std::size_t>((rounds_ - 1) / kRoundsPerTenth);
    if (rounds_ % kRoundsPerTenth != 0) print_rate(last);
    std::printf("\n%-36s last/first %.2f; the server's CPU %.0f and %.0f us a row; %lld rows in %.1f min\n",
                "", rate_in(last) / rate_in(0), cpu_seconds_[0] / rows_in(0) * 1e6,
                cpu_seconds_.at(last) / rows_in(last) * 1e6, static_cast<long long>(rows()), minutes());
  }

 private:
  [[nodiscard]] double rows_in(std::size_t tenth) const {
    return std::min(kRoundsPerTenth, rounds_ - static_cast<int>(tenth) * kRoundsPerTenth) * per_round_;
  }

  [[nodiscard]] double rate_in(std::size_t tenth) const { return rows_in(tenth) / seconds_.at(tenth); }
  void print_rate(std::size_t tenth) const {
    std::printf(" %6.0f", rate_in(tenth));
    std::fflush(stdout);
  }

  int per_round_;
  int rounds_ = 0;
  std::array<double, kTenths> seconds_{};
  std::array<double, kTenths> cpu_seconds_{};
};

struct Curve {
  const char* name;
  const char* archive;
  bool with_live_indexes;
  bool to_the_end;
};

void write_batch(MirrorPair& pair, const std::string& batch) {
  write_file(pair.file("batch.json"), batch);
}

void apply(MirrorPair& pair) {
  must_end_well("apply", pair.load({"apply", pair.file("batch.json")}));
}

void draw(const Curve& curve, const Settings& settings) {
  PairOptions options = pair_options(settings, curve.archive);
  options.web = Web::none;
  MirrorPair pair(options);
  DatabaseServer& mirror = pair.mirror();
  const int per_round = settings.per_round();
  mirror.sql(create_numbers(per_round) + "CREATE DATABASE app;" + create_orders("app"));
  write_batch(pair, batch_of({}, {0, per_round}, 0));
  apply(pair);
  if (curve.with_live_indexes) mirror.sql(add_order_indexes("app_archive.orders"));
  Tenths tenths(curve.name, per_round);
  std::uint64_t events = 1;
  while (!tenths.done() && (curve.to_the_end || tenths.minutes() < settings.minutes)) {
    const Orders orders{tenths.rows(), per_round};
    mirror.sql(insert_orders("app", orders));
    const std::vector<std::string> statements = delete_both_ways(orders);
    write_batch(pair, batch_of(statements, orders, events));
    events += statements.size() + 1;
    const double cpu_before = cpu_seconds_of(mirror.pid());
    const double seconds = seconds_of([&] { apply(pair); });
    tenths.add(seconds, cpu_seconds_of(mirror.pid()) - cpu_before);
  }
  must_count(mirror, "app.orders", 0);
  must_count(mirror, "app_all.orders", tenths.rows());
  tenths.finish();
  std::printf("%-36s %s tables, %s MB of data, %s MB of indexes\n", "",
              of_the_archive(mirror, "COUNT(*)").c_str(),
              of_the_archive(mirror, "ROUND(SUM(DATA_LENGTH)/1e6)").c_str(),
              of_the_archive(mirror, "ROUND(SUM(INDEX_LENGTH)/1e6)").c_str());
}

void delete_on_source(MirrorPair& pair, const std::vector<std::string>& statements, std::size_t per_commit) {
  std::string script = "USE app; BEGIN;\n";
  for (std::size_t i = 0; i < statements.size(); ++i)
    script += statements[i] + (i % per_commit == per_commit - 1 ? "; COMMIT; BEGIN;\n" : ";\n");
  pair.source().sql(script + "COMMIT");
}

void pt_archiver(MirrorPair& pair, std::vector<std::string> how) {
  const auto server = [](DatabaseServer& one) {
    return "h=127.0.0.1,u=root,P=" + std::to_string(one.port());
  };
  std::vector<std::string> words{"pt-archiver",
                                 "--source",
                                 server(pair.source()) + ",D=app,t=orders,i=created",
                                 "--dest",
                                 server(pair.mirror()) + ",D=moved,t=orders,L=1",
                                 "--where",
                                 "1=1",
                                 "--no-check-charset",
                                 "--no-version-check"};
  words.insert(words.end(), how.begin(), how.end());
  must_end_well("pt-archiver", run(words, {.timeout = std::chrono::hours(1)}));
}

void by_key(MirrorPair& pair, const Orders& orders) {
  delete_on_source(pair, delete_by_key(orders), 250);
}

void by_range(MirrorPair& pair, const Orders& orders) {
  delete_on_source(pair, delete_by_range(orders, 1000), 1);
}

void dw_load(MirrorPair& pair) {
  pair.sync();
}

void pt_archiver_by_row(MirrorPair& pair) {
  pt_archiver(pair, {"--limit", "500", "--txn-size", "250"});
}

void pt_archiver_in_bulk(MirrorPair& pair) {
  pt_archiver(pair, {"--limit", "1000", "--commit-each", "--bulk-insert"});
}

const std::string kUnlogged = "SET sql_log_off=1;";  // not for the mirror

// The server's clock does not run as the orders' does, so it is not the archive's period that splits.
constexpr const char* kByMonth =
    R"json({"routes": [{"table": "app.orders", "expression": "DATE_FORMAT(OLD.created, '%Y_%m')", "values":
["2023_01", "2023_02", "2023_03", "2023_04", "2023_05", "2023_06", "2023_07", "2023_08"]}]})json";

struct Contestant {
  const char* name;
  void (*on_source)(MirrorPair&, const Orders&);  // what the application does; null: the mover deletes
  void (*move)(MirrorPair&);
};

constexpr std::array kContestants{
    Contestant{"dw, DELETE by key, 250 to a commit", by_key, dw_load},
    Contestant{"pt-archiver --limit 500 --txn-size 250", nullptr, pt_archiver_by_row},
    Contestant{"dw, DELETE of ranges, 1,000 to a commit", by_range, dw_load},
    Contestant{"pt-archiver --bulk-insert --limit 1000 --commit-each", nullptr, pt_archiver_in_bulk},
};

// One contestant at work, on servers of its own.
class Run {
 public:
  Run(const Contestant& contestant, const Settings& settings)
      : contestant_(contestant), per_round_(settings.per_round()), pair_(options(settings)) {
    pair_.source().sql(kUnlogged + create_numbers(per_round_));
    pair_.source().sql("CREATE DATABASE app;" + create_orders("app"));
    pair_.mirror().sql(create_numbers(per_round_) + "CREATE DATABASE moved;" + create_orders("moved"));
    pair_.sync();
    if (!is_dw()) pair_.source().sql("SET GLOBAL general_log=0");
  }

  void round() {
    const Orders orders{rows_, per_round_};
    pair_.source().sql(kUnlogged + insert_orders("app", orders));
    if (is_dw()) {
      pair_.mirror().sql(insert_orders("app", orders));
      on_source_ += seconds_of([&] { contestant_.on_source(pair_, orders); });
    }
    moving_ += seconds_of([&] { contestant_.move(pair_); });
    rows_ += per_round_;
  }

  [[nodiscard]] double seconds() const { return on_source_ + moving_; }
  [[nodiscard]] double rate() const { return static_cast<double>(rows_) / seconds(); }

  void finish() {
    must_count(pair_.source(), "app.orders", 0);
    must_count(pair_.mirror(), is_dw() ? "app_all.orders" : "moved.orders", rows_);
    std::printf("%-54s %7.0f rows/s; %lld rows, %.0f s for production's DELETEs, %.0f s\n", contestant_.name,
                rate(), static_cast<long long>(rows_), on_source_, moving_);
  }

 private:
  static PairOptions options(const Settings& settings) {
    PairOptions out = pair_options(settings, kByMonth);
    out.log_file = true;
    return out;
  }
  [[nodiscard]] bool is_dw() const { return contestant_.on_source != nullptr; }

  const Contestant& contestant_;
  int per_round_;
  MirrorPair pair_;
  std::int64_t rows_ = 0;
  double on_source_ = 0;
  double moving_ = 0;
};

Settings settings_of(int argc, char** argv) {
  Settings out;
  if (argc > 1) out.rows = std::atoll(argv[1]);
  if (argc > 2) out.minutes = std::atof(argv[2]);
  if (argc > 3) out.kind = std::string(argv[3]) == "mysql" ? ServerKind::mysql : ServerKind::mariadb;
  if (argc > 4) out.part = argv[4];
  return out;
}

void warn_of_tmpfs() {
  const TempDir directory;
  struct statfs about {};
  if (::statfs(directory.path().c_str(), &about) == 0 && about.f_type == kTmpfs)
    std::printf("TMPDIR is in memory: the archive cannot outgrow it, the figures say nothing\n");
}

void draw_curves(const Settings& settings) {
  std::printf("%s, %lld rows, a buffer pool of 64 MiB; rows kept a second in each tenth of them\n",
              std::string(to_string(settings.kind)).c_str(), static_cast<long long>(settings.rows));
  for (const Curve& curve : {Curve{"split by month", R"({"split_by": "month"})", false, true},
                             Curve{"not split", "{}", false, false},
                             Curve{"not split, the live table's indexes", "{}", true, false}})
    draw(curve, settings);
}

// In turns: the one that has had the least time is next, so that what else the machine does hits all alike.
void run_contest(const Settings& settings) {
  std::printf("%s, moving rows for %.1f minutes each\n", std::string(to_string(settings.kind)).c_str(),
              settings.minutes);
  std::vector<std::unique_ptr<Run>> runs;
  runs.reserve(kContestants.size());
  for (const Contestant& contestant : kContestants)
    runs.push_back(std::make_unique<Run>(contestant, settings));
  const auto next = [&] {
    return std::min_element(runs.begin(), runs.end(),
                            [](const auto& a, const auto& b) { return a->seconds() < b->seconds(); });
  };
  while ((*next())->seconds() < settings.minutes * 60) (*next())->round();
  for (const auto& one : runs) one->finish();
  std::printf("dw over pt-archiver: by key %.1f, in bulk %.1f\n", runs[0]->rate() / runs[1]->rate(),
              runs[2]->rate() / runs[3]->rate());
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = settings_of(argc, argv);
  if (!server_available(settings.kind)) return 0;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  warn_of_tmpfs();
  const double seconds = seconds_of([&] {
    if (settings.part != "contest") draw_curves(settings);
    if (settings.part != "curves") run_contest(settings);
  });
  std::printf("all took %.0f minutes\n", seconds / 60);
  return 0;
}
