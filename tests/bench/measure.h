// What benchmarks share: CPU time, figures side by side, a load of a steady rate, tables of many rows.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

#include "tests/support/client.h"
#include "tests/support/mirror_pair.h"

namespace dw::test {

// User and system time of a process that runs, and of its children that ended and were waited for.
double cpu_seconds(pid_t pid);
double children_cpu_seconds(pid_t pid);

struct Figure {
  std::string name{};
  double seconds = 0;
  double source_cpu = 0;    // the source's server
  double programs_cpu = 0;  // what ran beside the servers: dw-load, dw-extract and its web server; or a tool
  double mirror_cpu = 0;    // the mirror's server
};

// Sessions on the source, each of which calls its statement so many times a second until the object goes.
class SteadyLoad {
 public:
  // `statement`: gives what session `session` sends as number `turn`; "" for nothing.
  using Statement = std::function<std::string(int session, std::uint64_t turn)>;
  SteadyLoad(const DatabaseServer& server, int sessions, double per_second, Statement statement);
  ~SteadyLoad();
  SteadyLoad(const SteadyLoad&) = delete;
  SteadyLoad& operator=(const SteadyLoad&) = delete;

  // While paused nothing is sent, and nothing is under way when this returns.
  void pause();
  void go_on();
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  // How long the slowest statement took, in seconds.
  [[nodiscard]] double longest() const;

 private:
  void run(const DatabaseServer& server, int session, double per_second);

  Statement statement_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> paused_{false};
  std::atomic<int> idle_{0};
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::int64_t> longest_microseconds_{0};
  std::vector<std::thread> threads_;
};

// Runs `one` on each pair of servers that this machine has, or on the one named `wanted`, with its name
// above; gives the process's exit code: 0 when it was true every time, and at least once.
int on_each_pair(const std::string& wanted, const std::function<bool(const PairOptions&)>& one);

// A user's mirror: deleted rows kept, each sync verifies and repairs.
PairOptions as_shipped(PairOptions options);

// The arguments of a sysbench test on the source's schema app: 8 threads, 4 tables.
std::vector<std::string> sysbench(MirrorPair& pair, const std::string& test, const std::string& verb,
                                  int seconds);

// How many rows of app.`table` are not the same on both, by a comparison of its own: the hash of each row, as
// the command line client reads it. `columns`: as SQL, the key first.
std::uint64_t differing_rows(MirrorPair& pair, const std::string& table, const std::string& columns,
                             const std::string& where = "TRUE");

// Of all rows of app.`table`, for tables too large for differing_rows: how many, and a sum over them.
// `columns`: as SQL.
std::string whole_table(DatabaseServer& server, const std::string& table, const std::string& columns);

// Tables orders and items, as sysbench makes them, and texts, in a new schema app: about so many megabytes,
// by INSERTs that the general log does not show.
void fill_shop(DatabaseServer& server, int megabytes);

// How many rows of app.`table` sessions have read so far. MariaDB must run with --userstat=1; MySQL's figure
// is of all of InnoDB's tables but its own.
std::uint64_t rows_read(DatabaseServer& server, const std::string& table);

}  // namespace dw::test
