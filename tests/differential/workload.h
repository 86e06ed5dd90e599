// Random workloads: a schema and what sessions do to it, from a seed. Pure: the same seed, weights and
// options give the same script on every machine.
#pragma once

#include <cstdint>

#include "tests/differential/script.h"
#include "tests/differential/weights.h"

namespace dw::workload {

enum class Dialect { mariadb, mysql };

enum class Concurrency {
  none,     // one statement ends before the next begins; sessions take turns and never wait for each other's
            // locks
  threads,  // from the step `parallel` on, sessions run by themselves
};

struct WorkloadOptions {
  std::uint64_t seed = 1;
  Weights weights{};
  Dialect dialect = Dialect::mariadb;  // of the production server
  Concurrency concurrency = Concurrency::none;
  int sessions = 4;  // with threads
};

Script generate(const WorkloadOptions& options);

// The schemas that workloads use.
inline constexpr const char* kDatabases[] = {"app", "app2"};

}  // namespace dw::workload
