// How fast a log is read, beside the tools that people have:
//   files   the rows of a log file, through FileLogSource, beside pt-query-digest --type genlog (Debian's
//           percona-toolkit)
//   tables  all rows of mysql.general_log through TableLogSource, beside mysql --quick -e 'SELECT * …'
//   >/dev/null memory  dw-extract's peak on a file, and on one twenty times as long
// The logs are made by real servers and then repeated with later times. Prints ratios.
//
//   log_reader_bench [MEGABYTES] [ROWS]        100 and 400,000 when not given

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>

#include "extractor/file_log/local_clock.h"
#include "extractor/file_log_source.h"
#include "extractor/server.h"
#include "extractor/table_log_source.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
using namespace dw::extract;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kRounds = 3;
constexpr double kMegabyte = 1e6;

double seconds_of(const std::function<void()>& work) {
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const auto started = Clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - started).count());
  }
  return best;
}

// A working day in small: as many INSERTs as reads, some with escapes.
std::string day() {
  std::string out =
      "CREATE DATABASE IF NOT EXISTS app; USE app; CREATE TABLE IF NOT EXISTS t (a INT, b TEXT);\n";
  for (int i = 0; i < 2000; ++i) {
    const std::string n = std::to_string(i);
    out += "INSERT INTO t (a, b) VALUES (" + n + ", 'order number " + n +
           " of the day, it\\'s for customer " + n + "');\nSELECT a, b FROM t WHERE a = " + n +
           " AND b LIKE '%number%' LIMIT 10;\n";
    if (i % 10 == 0) out += "BEGIN;\nUPDATE t SET a = a + 1 WHERE a = " + n + ";\nCOMMIT;\n";
  }
  return out;
}

// Real rows, again and again, each time a second later.
void repeat(const std::string& log, const std::filesystem::path& path, double megabytes) {
  std::ofstream out(path, std::ios::binary);
  const std::size_t body = log.find("Argument\n") + 9;
  out << log.substr(0, body);
  double written = 0;
  std::string rows = log.substr(body);
  const bool iso = rows.compare(4, 1, "-") == 0;
  // A local row inside has no time of its own: the copy's first has.
  for (std::size_t at = rows.find("\n2"); !iso && at != std::string::npos; at = rows.find("\n2", at + 1))
    rows.replace(at + 1, rows.find('\t', at) - at, "\t\t");
  for (int second = 0; written < megabytes * kMegabyte; ++second) {
    char clock[16];
    std::snprintf(clock, sizeof clock, "%02d:%02d:%02d", second / 3600 % 24, second / 60 % 60, second % 60);
    char local[24];
    std::snprintf(local, sizeof local, "2611%02d %2d:%02d:%02d\t", 1 + second / 86400 % 28,
                  second / 3600 % 24, second / 60 % 60, second % 60);
    std::string copy;
    if (iso) {
      copy = rows;
      for (std::size_t at = copy.find("\n2026-"); at != std::string::npos; at = copy.find("\n2026-", at + 20))
        copy.replace(at + 12, 8, clock);
      copy.replace(11, 8, clock);
    } else {
      copy = local + rows.substr(rows.find('\t') + (rows[0] == '\t' ? 2 : 1));
    }
    out << copy;
    written += static_cast<double>(copy.size());
  }
}

std::unique_ptr<FileLogSource> source_of(const std::filesystem::path& path) {
  FileLogSettings settings;
  settings.path = path;
  settings.server_writes = false;
  settings.reader.to_utc = utc_of;
  return std::make_unique<FileLogSource>(std::move(settings));
}

std::uint64_t read_all(LogSource& source) {
  std::uint64_t rows = 0;
  for (const Generation& generation : source.generations()) {
    const ReadEnd end = source.read(generation, 0, ~std::uint64_t{0} >> 1U, [&](const LogRow&) {
      ++rows;
      return true;
    });
    if (end == ReadEnd::doubt) {
      std::fprintf(stderr, "%s\n", source.doubt().c_str());
      std::exit(1);
    }
  }
  return rows;
}

long extract_rss(const std::filesystem::path& folder, const std::filesystem::path& log) {
  write_file(folder / "x.json",
             R"({"source_id": "bench", "log": {"source": "file", "path": ")" + log.string() + "\"}}");
  const ProcessResult run = dw::test::run(
      {"sh", "-c",
       std::string(DW_EXTRACT_PROGRAM) + " status --config " + (folder / "x.json").string() + " >/dev/null"},
      {.timeout = std::chrono::seconds(600)});
  if (run.exit_code != 0) std::fprintf(stderr, "%s", run.err.c_str());
  return run.max_rss_kib;
}

void bench_files(ServerKind kind, double megabytes) {
  TempDir folder;
  std::string sample;
  {
    auto server = DatabaseServer::start(kind, {.general_log_file = true});
    server.sql(day());
    server.stop();
    sample = read_file(server.general_log_file());
  }
  // From the first row of the client's on.
  const std::size_t connect = sample.find("Connect\t");
  const std::size_t first = sample.rfind('\n', connect) + 1;
  const std::size_t last = sample.find(" Quit\t\n", connect) + 7;
  std::string header = sample.substr(0, sample.find("Argument\n") + 9);
  std::string middle = sample.substr(first, last - first);
  // Only the first copy would connect under a number of its own: the rows in between are what counts.
  middle.erase(0, middle.find('\n') + 1);
  middle.erase(middle.rfind('\n', middle.size() - 2) + 1);
  repeat(header + middle, folder / "general.log", megabytes);

  std::uint64_t rows = 0;
  const double ours = seconds_of([&] { rows = read_all(*source_of(folder / "general.log")); });
  std::printf("%s file of %.0f MB, %llu rows; best of %d\n", std::string(to_string(kind)).c_str(), megabytes,
              static_cast<unsigned long long>(rows), kRounds);
  std::printf("  %-44s %8.1f MB/s\n", "rows through FileLogSource", megabytes / ours);
  if (!find_program("pt-query-digest").empty()) {
    const double part = std::min(megabytes, 5.0);
    repeat(header + middle, folder / "part.log", part);
    const auto started = Clock::now();
    run_or_throw(
        {"sh", "-c", "pt-query-digest --type genlog " + (folder / "part.log").string() + " >/dev/null"},
        {.timeout = std::chrono::seconds(600)});
    const double theirs = std::chrono::duration<double>(Clock::now() - started).count();
    std::printf("  %-44s %8.1f MB/s   ratio %.0f\n", "pt-query-digest --type genlog (on 5 MB of it)",
                part / theirs, megabytes / ours / (part / theirs));
  }
  const long small = extract_rss(folder.path(), folder / "general.log");
  const double large = megabytes * 20;
  repeat(header + middle, folder / "large.log", large);
  const long big = extract_rss(folder.path(), folder / "large.log");
  std::printf("  %-44s %8ld KiB   and of %.0f MB %ld KiB\n", "peak memory of dw-extract status on it", small,
              large, big);
}

void bench_tables(ServerKind kind, int rows) {
  PairOptions options;
  options.source = kind;
  options.web = Web::none;
  MirrorPair pair(options);
  pair.source().stop();
  {
    std::ofstream out(pair.source().data_directory() / "mysql" / "general_log.CSV", std::ios::app);
    for (int i = 0; i < rows; ++i) {
      char time[40];
      std::snprintf(time, sizeof time, "\"2026-11-21 %02d:%02d:%02d.%06d\"", 1 + i / 360000, i / 6000 % 60,
                    i / 100 % 60, i % 100 * 10000);
      out << time << ",\"app[app] @ web [10.0.0.5]\",900000,1,\"Query\",\"insert into t (a,b) values (" << i
          << ",'" << std::string(60, static_cast<char>('a' + i % 26)) << "')\"\n";
    }
  }
  pair.source().start_again();
  Config config;
  config.defaults_file = pair.file("extract.cnf");
  std::uint64_t read = 0;
  const double ours = seconds_of([&] {
    Server server = Server::connect(config);
    TableLogSource source(server);
    read = read_all(source);
  });
  const double theirs = seconds_of([&] {
    run_or_throw({"sh", "-c",
                  "mariadb --defaults-file=" + pair.file("extract.cnf").string() +
                      " --quick -e 'SELECT * FROM mysql.general_log' >/dev/null"});
  });
  std::printf("%s table of %llu rows; best of %d\n", std::string(to_string(kind)).c_str(),
              static_cast<unsigned long long>(read), kRounds);
  std::printf("  %-44s %8.2f s\n  %-44s %8.2f s   ratio %.2f\n", "rows through TableLogSource", ours,
              "mysql --quick -e 'SELECT * ...' >/dev/null", theirs, ours / theirs);
}

}  // namespace

int main(int argc, char** argv) {
  const double megabytes = argc > 1 ? std::atof(argv[1]) : 100;
  const int rows = argc > 2 ? std::atoi(argv[2]) : 400'000;
  set_wall_clock("UTC");
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!server_available(kind)) continue;
    bench_files(kind, megabytes);
    bench_tables(kind, rows);
    std::fflush(stdout);
  }
  return 0;
}
