#include "tests/bench/measure.h"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <unistd.h>
#include <unordered_set>

namespace dw::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kNap = std::chrono::milliseconds(1);

// Fields of /proc/PID/stat are counted from 1 (proc(5)); two of them, in seconds.
double stat_seconds(pid_t pid, int first) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 3; i < first; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

double cpu_seconds(pid_t pid) {
  return stat_seconds(pid, 14);
}

double children_cpu_seconds(pid_t pid) {
  return stat_seconds(pid, 16);
}

SteadyLoad::SteadyLoad(const DatabaseServer& server, int sessions, double per_second, Statement statement)
    : statement_(std::move(statement)) {
  for (int session = 0; session < sessions; ++session)
    threads_.emplace_back([this, &server, session, per_second] { run(server, session, per_second); });
}

SteadyLoad::~SteadyLoad() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
}

void SteadyLoad::pause() {
  paused_ = true;
  while (idle_ != static_cast<int>(threads_.size())) std::this_thread::sleep_for(kNap);
}

void SteadyLoad::go_on() {
  paused_ = false;
  while (idle_ != 0) std::this_thread::sleep_for(kNap);
}

void SteadyLoad::run(const DatabaseServer& server, int session, double per_second) {
  Client client(server, {.database = "app"});
  const auto period =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / per_second));
  auto next = Clock::now();
  for (std::uint64_t turn = 0; !stop_;) {
    if (paused_) {
      ++idle_;
      while (paused_ && !stop_) std::this_thread::sleep_for(kNap);
      --idle_;
      next = Clock::now();
      continue;
    }
    const std::string sql = statement_(session, turn++);
    if (!sql.empty()) {
      ++sent_;
      const auto sent_at = Clock::now();
      if (client.query(sql) != 0) ++failed_;
      const std::int64_t took =
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - sent_at).count();
      std::int64_t longest = longest_microseconds_;
      while (took > longest && !longest_microseconds_.compare_exchange_weak(longest, took)) {
      }
    }
    next += period;
    std::this_thread::sleep_until(next);
  }
}

double SteadyLoad::longest() const {
  return static_cast<double>(longest_microseconds_) / 1e6;
}

int on_each_pair(const std::string& wanted, const std::function<bool(const PairOptions&)>& one) {
  int runs = 0;
  bool good = true;
  for (const PairOptions& options : all_pairs()) {
    if (!server_available(options.source) || !server_available(options.mirror)) continue;
    if (!wanted.empty() && name_of(options) != wanted) continue;
    std::printf("%s\n", name_of(options).c_str());
    const bool holds = one(options);
    std::fflush(stdout);
    good = good && holds;
    ++runs;
  }
  if (runs == 0) std::fprintf(stderr, "no pair of servers here is called %s\n", wanted.c_str());
  return good && runs > 0 ? 0 : 1;
}

PairOptions as_shipped(PairOptions options) {
  options.retention = "archive";
  options.verify = true;
  return options;
}

std::vector<std::string> sysbench(MirrorPair& pair, const std::string& test, const std::string& verb,
                                  int seconds) {
  return {"sysbench",
          test,
          "--mysql-host=127.0.0.1",
          "--mysql-port=" + std::to_string(pair.source().port()),
          "--mysql-user=root",
          "--mysql-ssl=off",
          "--mysql-db=app",
          "--mysql-ignore-errors=all",
          "--tables=4",
          "--table-size=5000",
          "--threads=8",
          "--time=" + std::to_string(seconds),
          verb};
}

std::uint64_t differing_rows(MirrorPair& pair, const std::string& table, const std::string& columns,
                             const std::string& where) {
  const std::string key = columns.substr(0, columns.find(','));
  const auto lines = [&](DatabaseServer& server) {
    std::unordered_set<std::string> out;
    std::istringstream in(server.sql("SET time_zone='+00:00'; SELECT " + key + ", SHA2(CONCAT_WS(',', " +
                                     columns + "), 256) FROM app." + table + " WHERE " + where));
    for (std::string line; std::getline(in, line);) out.insert(line);
    return out;
  };
  const auto source = lines(pair.source());
  const auto mirror = lines(pair.mirror());
  std::unordered_set<std::string> keys;
  const auto count = [&](const auto& some, const auto& others) {
    for (const std::string& line : some) {
      if (!others.contains(line)) keys.insert(line.substr(0, line.find('\t')));
    }
  };
  count(source, mirror);
  count(mirror, source);
  return keys.size();
}

std::string whole_table(DatabaseServer& server, const std::string& table, const std::string& columns) {
  return server.sql("SET time_zone='+00:00'; SELECT COUNT(*), BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS(',', " +
                    columns + "), 256), 16), 16, 10) AS UNSIGNED)) FROM app." + table);
}

void fill_shop(DatabaseServer& server, int megabytes) {
  server.sql(R"(SET sql_log_off=1; DROP DATABASE IF EXISTS app; CREATE DATABASE app; USE app;
CREATE TABLE seq (n INT PRIMARY KEY); INSERT INTO seq WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM s
WHERE i<999) SELECT i FROM s;
CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL, c CHAR(128) NOT NULL, pad CHAR(60) NOT NULL,
  KEY k (k)); CREATE TABLE items LIKE orders;
CREATE TABLE texts (id BIGINT AUTO_INCREMENT PRIMARY KEY, at DATETIME(6), price DECIMAL(12,2), weight DOUBLE,
  body TEXT);)");
  // Each turn is about a megabyte.
  for (int i = 0; i < megabytes; ++i) {
    server.sql(R"(SET sql_log_off=1; USE app;
INSERT INTO orders (k,c,pad) SELECT FLOOR(RAND()*1e6), SHA2(RAND(),512), LEFT(SHA2(RAND(),256),32) FROM seq;
INSERT INTO items (k,c,pad) SELECT FLOOR(RAND()*1e6), SHA2(RAND(),512), LEFT(SHA2(RAND(),256),32) FROM seq;
INSERT INTO texts (at,price,weight,body) SELECT NOW(6), RAND()*1e4, RAND(), REPEAT(CONCAT(SHA2(RAND(),512),' "it''s" '), 4)
FROM seq;)");
  }
}

std::uint64_t rows_read(DatabaseServer& server, const std::string& table) {
  if (server.kind() == ServerKind::mariadb) {
    const std::string sql = "SELECT ROWS_READ FROM information_schema.TABLE_STATISTICS WHERE ";
    return std::stoull("0" + server.sql(sql + "TABLE_SCHEMA='app' AND TABLE_NAME='" + table + "'"));
  }
  const std::string line = server.sql("SHOW GLOBAL STATUS LIKE 'Innodb_rows_read'");
  return std::stoull(line.substr(line.find('\t') + 1));
}

}  // namespace dw::test
