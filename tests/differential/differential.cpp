// The judge of the replay: random workloads on a real production server, mirrored, and both compared. See
// kHelp.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

#include <cxxopts.hpp>
#include <nlohmann/json.hpp>

#include "tests/differential/concurrency_tally.h"
#include "tests/differential/runner.h"
#include "tests/differential/shrinker.h"
#include "tests/differential/workload.h"

namespace {

using namespace dw::test;
using namespace dw::workload;
using Clock = std::chrono::steady_clock;

constexpr const char* kHelp =
    R"(differential: random workloads, replayed, and production compared with the mirror

  differential [--pair PAIR] [--seeds LIST] [--sessions 1|N] [OPTIONS]

  --pair PAIR         mariadb-mariadb, mysql-mysql, mysql-mariadb, or all (the default)
  --seeds LIST        the seeds to run: 7 or 1-500 or 3,41,100-120 (default 1-8)
  --sessions N        1: one statement at a time, all must be equal (the default)
                      N: N clients at once; what differs must be among the suspects
  --weights FILE      JSON: how often each kind comes up; names in tests/differential/weights.cpp
  --judge             the mirror keeps what leaves, and production's binary log is the judge of it: rows that it
                      shows and the mirror has not are wrong, too
  --retention POLICY  with --judge: archive (the default), or in-place, where what stays though it left is
                      taken out before tables are compared
  --verify            the mirror looks at production's rows too, as a user's does: each sync reads its suspects back
                      and mends what differs (the default: the replay alone)
  --script FILE       runs this script in place of seeds (its form: tests/differential/script.h)
  --print             prints the workloads and runs nothing
  --keep-going        does not end at the first wrong seed
  --shrink SECONDS    the time for making a wrong script short (default 60; 0: not at all)
  --time SECONDS      begins no further seed after that time
  --summary FILE      appends a JSON line for each seed
  --logs DIRECTORY    the logs of production and of the mirror for each wrong seed; with N sessions
                      production's, of each that went unnoticed in part

Exit codes: 0 all as it should be, 1 something was wrong, 2 usage.
)";

struct Arguments {
  std::vector<PairOptions> pairs;
  std::vector<std::uint64_t> seeds;
  int sessions = 1;
  Weights weights;
  std::string script;
  bool print = false;
  bool keep_going = false;
  int shrink_seconds = 60;
  int time_seconds = 0;  // 0: no limit
  std::string summary;
  std::string logs;
};

struct Totals {
  unsigned seeds = 0;
  unsigned statements = 0;
  unsigned failed_statements = 0;
  std::vector<std::string> excused;  // differ, noted, and by nature or for locks
  unsigned wrong = 0;
  unsigned conflicts = 0;  // seeds in which production refused something for locks
};

std::string slug(const PairOptions& pair) {
  return std::string(to_string(pair.source)) + "-" + std::string(to_string(pair.mirror));
}

std::string in_brackets(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? " (" : ", ") + name;
  return out.empty() ? out : out + ")";
}

// The same steps, one session behind the other.
Script in_turns(const Script& script) {
  Script out;
  std::map<int, Script> by_session;
  bool parallel = false;
  for (const Step& step : script) {
    if (step.action == Action::parallel) {
      parallel = true;
    } else if (!parallel) {
      out.push_back(step);
    } else if (step.action != Action::sync) {
      by_session[step.session].push_back(step);
    }
  }
  for (const auto& [id, steps] : by_session) {
    out.insert(out.end(), steps.begin(), steps.end());
    out.push_back({.session = id, .action = Action::quit});
  }
  return out;
}

class Judge {
 public:
  Judge(const Arguments& arguments, const PairOptions& pair)
      : arguments_(arguments), pair_(pair), runner_(pair) {
    if (arguments.sessions == 1 && !arguments.logs.empty()) runner_.log_mirror();
  }

  // False when something was wrong.
  bool judge_seeds() {
    const auto started = Clock::now();
    for (const std::uint64_t seed : arguments_.seeds) {
      judge("seed " + std::to_string(seed), seed, script_of(seed));
      if (totals_.wrong > 0 && !arguments_.keep_going) break;
      const bool late = Clock::now() - started > std::chrono::seconds(arguments_.time_seconds);
      if (arguments_.time_seconds > 0 && late) break;
    }
    print_totals(std::chrono::duration<double>(Clock::now() - started - shrinking_).count());
    return totals_.wrong == 0;
  }

  void judge(const std::string& name, std::uint64_t seed, const Script& script) {
    const Verdict verdict = runner_.run(script);
    ++totals_.seeds;
    totals_.statements += verdict.statements;
    totals_.failed_statements += verdict.failed_statements;
    totals_.conflicts += verdict.lock_conflict ? 1 : 0;
    const bool wrong =
        arguments_.sessions == 1 ? verdict.wrong() : is_wrong_in_parallel(name, script, verdict);
    if (!verdict.equal() && !wrong) totals_.excused.push_back(name);
    Script shortest = script;
    if (wrong) {
      ++totals_.wrong;
      shortest = report(name, script, verdict);
    }
    summarise(seed, verdict, wrong, shortest);
  }

  [[nodiscard]] const Totals& totals() const { return totals_; }

  [[nodiscard]] Script script_of(std::uint64_t seed) const {
    return generate({.seed = seed,
                     .weights = arguments_.weights,
                     .dialect = pair_.source == ServerKind::mysql ? Dialect::mysql : Dialect::mariadb,
                     .concurrency = arguments_.sessions == 1 ? Concurrency::none : Concurrency::threads,
                     .sessions = arguments_.sessions});
  }

 private:
  // Equal, or what differs is among the suspects; a table that differs unnoticed is put down to concurrency
  // only where the sessions in turns give none.
  bool is_wrong_in_parallel(const std::string& name, const Script& script, const Verdict& verdict) {
    if (ConcurrencyTally::has_unnoticed(verdict) || !verdict.stopped.empty()) show_unnoticed(name, verdict);
    return !tally_.add(verdict, [&] { return runner_.run(in_turns(script)); });
  }

  void show_unnoticed(const std::string& name, const Verdict& verdict) {
    std::cout << slug(pair_) << " " << name << (verdict.lock_conflict ? " (lock conflict)" : "") << "\n";
    for (const TableDifference& difference : verdict.differences) {
      if (!difference.suspect)
        std::cout << "  unnoticed " << difference.table << " " << difference.kind << '\n';
    }
    for (const TableCoverage& table : verdict.coverage) {
      if (table.uncovered.empty()) continue;
      std::cout << "  " << table.table << ": " << table.differing() - table.covered << " rows of "
                << table.differing() << " unnoticed: " << table.uncovered << '\n';
    }
    std::cout << verdict.failures << verdict.suspects << std::flush;
    if (arguments_.logs.empty()) return;
    keep_log(name, "");
  }

  void keep_log(const std::string& name, const std::string& what, bool mirror = false) {
    std::string file = slug(pair_) + " " + name + what + ".log";
    std::replace(file.begin(), file.end(), ' ', '-');
    std::ofstream(std::filesystem::path(arguments_.logs) / file) << runner_.log_text(mirror);
  }

  Script report(const std::string& name, const Script& script, const Verdict& verdict) {
    std::cout << "\n=== " << slug(pair_) << " " << name << ": " << verdict.category() << "\n";
    Script shortest = arguments_.sessions == 1 ? script : in_turns(script);
    if (arguments_.shrink_seconds > 0) shortest = shrunk(shortest, verdict.category());
    const Verdict last = runner_.run(shortest);
    // A long script of several sessions differs from run to run: --logs keeps what its log had.
    if (arguments_.sessions == 1 || arguments_.shrink_seconds > 0) std::cout << to_text(shortest) << "---\n";
    if (arguments_.sessions == 1 && !arguments_.logs.empty()) {
      keep_log(name, " production");
      keep_log(name, " mirror", true);
    }
    std::cout << (last.wrong() ? describe(last) : describe(verdict)) << std::flush;
    return shortest;
  }

  Script shrunk(const Script& script, const std::string& category) {
    const auto started = Clock::now();
    Script out = shrink(
        script,
        [&](const Script& candidate) {
          const Verdict verdict = runner_.run(candidate);
          return verdict.wrong() && verdict.category() == category;
        },
        started + std::chrono::seconds(arguments_.shrink_seconds));
    shrinking_ += Clock::now() - started;
    return out;
  }

  static std::string describe(const Verdict& verdict) {
    std::string out;
    if (!verdict.stopped.empty()) out += "dw-load stopped: " + verdict.stopped;
    for (const TableDifference& difference : verdict.differences) {
      out += "  " + difference.table + " " + difference.kind + (difference.suspect ? " (suspect)" : "");
      if (difference.kind == "rows") {
        out += ": " + std::to_string(difference.missing) + " missing, " + std::to_string(difference.extra) +
               " extra of " + std::to_string(difference.rows);
      }
      out += "\n    " + difference.detail + "\n";
    }
    for (const std::string& row : verdict.lost) out += "  lost " + row + "\n";
    if (!verdict.failures.empty()) out += "  failures\n" + verdict.failures;
    if (!verdict.suspects.empty()) out += "  suspects\n" + verdict.suspects;
    return out;
  }

  void summarise(std::uint64_t seed, const Verdict& verdict, bool wrong, const Script& script) const {
    if (arguments_.summary.empty()) return;
    nlohmann::json line{{"pair", slug(pair_)},
                        {"seed", seed},
                        {"sessions", arguments_.sessions},
                        {"verdict", wrong             ? "wrong"
                                    : verdict.equal() ? "equal"
                                                      : "excused"},
                        {"category", verdict.category()}};
    if (wrong) line["script"] = to_text(script);
    if (wrong) line["found"] = describe(verdict);
    std::ofstream(arguments_.summary, std::ios::app)
        << line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
  }

  void print_totals(double seconds) const {
    std::cout << slug(pair_) << ": " << totals_.seeds << " seeds, " << totals_.statements << " statements ("
              << totals_.failed_statements << " refused by production), " << totals_.wrong << " wrong, "
              << totals_.excused.size() << " differ and are excused" << in_brackets(totals_.excused) << ", "
              << totals_.conflicts << " with lock conflicts; " << static_cast<double>(totals_.seeds) / seconds
              << " seeds a second\n";
    if (arguments_.sessions > 1) tally_.print(std::cout, slug(pair_));
  }

  const Arguments& arguments_;
  PairOptions pair_;
  Runner runner_;
  Totals totals_;
  ConcurrencyTally tally_;
  Clock::duration shrinking_{};
};

cxxopts::Options options_spec() {
  cxxopts::Options spec("differential");
  spec.add_options()("pair", "", cxxopts::value<std::string>()->default_value("all"))(
      "seeds", "", cxxopts::value<std::string>()->default_value("1-8"))(
      "sessions", "", cxxopts::value<int>()->default_value("1"))(
      "weights", "", cxxopts::value<std::string>())("script", "", cxxopts::value<std::string>())("print", "")(
      "keep-going", "")("shrink", "", cxxopts::value<int>()->default_value("60"))(
      "time", "", cxxopts::value<int>()->default_value("0"))(
      "summary", "", cxxopts::value<std::string>()->default_value(""))(
      "logs", "", cxxopts::value<std::string>()->default_value(""))("judge", "")("verify", "")(
      "retention", "", cxxopts::value<std::string>()->default_value("archive"))("help", "");
  return spec;
}

// "3,41,100-120"
std::vector<std::uint64_t> seeds_of(const std::string& list) {
  std::vector<std::uint64_t> out;
  std::istringstream in(list);
  for (std::string one; std::getline(in, one, ',');) {
    const auto dash = one.find('-');
    const std::uint64_t last = std::stoull(dash == std::string::npos ? one : one.substr(dash + 1));
    for (std::uint64_t seed = std::stoull(one); seed <= last; ++seed) out.push_back(seed);
  }
  return out;
}

Arguments read_arguments(const cxxopts::ParseResult& options) {
  Arguments out;
  const auto pair = options["pair"].as<std::string>();
  for (const PairOptions& one : all_pairs()) {
    if (pair == "all" || pair == slug(one)) out.pairs.push_back(one);
  }
  if (options.count("judge") > 0) {
    const auto retention = options["retention"].as<std::string>();
    if (retention != "archive" && retention != "in-place")
      throw std::invalid_argument("no such policy to judge: " + retention);
    for (PairOptions& one : out.pairs) one.retention = retention;
  } else {
    for (PairOptions& one : out.pairs) one.retention = "none";
  }
  for (PairOptions& one : out.pairs) one.verify = options.count("verify") > 0;
  if (out.pairs.empty()) throw std::invalid_argument("no pair \"" + pair + "\"");
  out.seeds = seeds_of(options["seeds"].as<std::string>());
  out.sessions = options["sessions"].as<int>();
  if (options.count("weights") > 0) out.weights = Weights::from_file(options["weights"].as<std::string>());
  if (options.count("script") > 0) out.script = options["script"].as<std::string>();
  out.print = options.count("print") > 0;
  out.keep_going = options.count("keep-going") > 0;
  out.shrink_seconds = options["shrink"].as<int>();
  out.time_seconds = options["time"].as<int>();
  out.summary = options["summary"].as<std::string>();
  out.logs = options["logs"].as<std::string>();
  return out;
}

void print_scripts(const Arguments& arguments) {
  for (const std::uint64_t seed : arguments.seeds) {
    for (const PairOptions& pair : arguments.pairs) {
      std::cout << "# " << slug(pair) << " seed " << seed << '\n'
                << to_text(generate(
                       {.seed = seed,
                        .weights = arguments.weights,
                        .dialect = pair.source == ServerKind::mysql ? Dialect::mysql : Dialect::mariadb,
                        .concurrency = arguments.sessions == 1 ? Concurrency::none : Concurrency::threads,
                        .sessions = arguments.sessions}));
    }
  }
}

bool run(const Arguments& arguments) {
  bool good = true;
  for (const PairOptions& pair : arguments.pairs) {
    if (!require_server(pair.source) || !require_server(pair.mirror)) continue;
    Judge judge(arguments, pair);
    if (arguments.script.empty()) {
      good = judge.judge_seeds() && good;
    } else {
      judge.judge(arguments.script, 0, parse_script(read_file(arguments.script)));
      good = judge.totals().wrong == 0 && good;
      if (judge.totals().wrong == 0) std::cout << slug(pair) << ": equal, or excused\n";
    }
    if (!good && !arguments.keep_going) break;
  }
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const cxxopts::ParseResult options = options_spec().parse(argc, argv);
    if (options.count("help") > 0) {
      std::cout << kHelp;
      return 0;
    }
    const Arguments arguments = read_arguments(options);
    if (arguments.print) {
      print_scripts(arguments);
      return 0;
    }
    return run(arguments) ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "differential: " << error.what() << '\n';
    return 2;
  }
}
