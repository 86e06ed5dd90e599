#include "loader/load_main.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include <cxxopts.hpp>

#include "common/util/config.h"
#include "common/util/error.h"
#include "dw_version.h"
#include "loader/baseline/baseline.h"
#include "loader/check/check.h"
#include "loader/config.h"
#include "loader/restore/restore_verb.h"
#include "loader/status.h"
#include "loader/sync.h"

namespace dw::load {
namespace {

constexpr const char* kHelp =
    R"(dw-load keeps a mirror of a production MySQL database that never forgets a row.

Usage: dw-load [VERB] [OPTIONS]

Verbs
  sync           pull what production logged since the last run, and apply it (the default)
  baseline       the first copy: schemas and rows, while production goes on; one that was broken off goes on
  verify [DB.TABLE...]  compare every row with production's, or these tables'; sync does a share of it each time
  apply FILE...  apply batch files: spooled ones, or what `dw-extract batch` wrote
  check          all that can be wrong before the first run, and what mends it
  status         whether the mirror is well: its exit code says so to a monitor, its screen says why not
  report         the same and its history as a web page (--html FILE)
  restore        rows from the mirror and its archive, with the rows that they reference, as SQL on stdout or
                 into another server; what is there already stays as it is, so that twice is as good as once

Options
  --config FILE     configuration, JSON; else $DW_LOAD_CONFIG, else /etc/dw/load.json
  --follow SECONDS  sync: repeat with this pause until SIGTERM
  --after CURSOR    sync, first run only: start at this place (`dw-extract status` shows the log's end)
  --since TIME      sync, first run only: start at this time, such as 2026-11-21T01:00:00Z
  --dry-run         sync: fetch and plan one batch, say what would be done, change nothing
                    restore: say which rows of which tables would be written
  --repair          verify: write production's rows over those that differ; what they displace is archived
  --json            check, status: for programs
  --prometheus      status: metrics for node_exporter's textfile collector
  --quiet           status: says something only where the mirror is not well
  --html FILE       report: where the page goes; it is written whole or not at all
  --statistics      at the end: what the run spent its time on, by action (with --json: in the JSON)
  --verbose         say more
  --table DB.TABLE  restore: the table whose rows come back
  --where CONDITION restore: which of them: a condition over its columns, true of a row's last state
  --as-of TIME      restore: rows as they were then, such as 2026-11-21T01:00:00Z. The archive knows when a row
                    left, not when it came: rows that came later come too
  --into FILE       restore: a MySQL option file that leads to the server; without it SQL goes to stdout
  --existing WHAT   restore: what happens to a row whose key is there: leave (the default), overwrite, or
                    overwrite-all, which overwrites the rows that are referenced as well
  --with-children   restore: rows that reference the picked ones, too
  --create          restore: make tables that are missing, as the mirror has them
  --help, --version

Examples
  * * * * * dw-load --config /etc/dw/load.json      a cron line: every minute
  dw-load sync --follow 5                           all the time
  dw-load apply spool/batch-*.json.gz               again from the spool
  dw-load restore --table app.orders --where "customer_id=7" --dry-run
  dw-load restore --table app.orders --where "customer_id=7" --with-children --into production.cnf

Exit codes
  0 done                      5 another run holds the lock
  1 failed                    6 source unreachable
  2 usage or configuration    7 mirror unreachable or refusing
  3 needs your eyes           8 not authorised
  4 gap in the log
)";

const std::set<std::string> kVerbs{"sync",  "baseline", "verify", "apply",
                                   "check", "status",   "report", "restore"};

cxxopts::Options options_spec() {
  cxxopts::Options spec("dw-load");
  spec.add_options()("config", "", cxxopts::value<std::string>()->default_value(""))(
      "follow", "", cxxopts::value<unsigned>())("after", "", cxxopts::value<std::string>())(
      "since", "", cxxopts::value<std::string>()->default_value(""))("dry-run", "")("json", "")(
      "verbose", "")("table", "", cxxopts::value<std::string>())("where", "", cxxopts::value<std::string>())(
      "as-of", "", cxxopts::value<std::string>())("into", "", cxxopts::value<std::string>())(
      "existing", "", cxxopts::value<std::string>()->default_value("leave"))("with-children", "")(
      "create", "")("repair", "")("prometheus", "")("quiet", "")("html", "", cxxopts::value<std::string>())(
      "statistics", "")("help", "")("version", "")("words", "", cxxopts::value<std::vector<std::string>>());
  spec.parse_positional({"words"});
  return spec;
}

SyncOptions sync_options(const cxxopts::ParseResult& options) {
  SyncOptions out;
  out.verbose = options.count("verbose") > 0;
  out.dry_run = options.count("dry-run") > 0;
  if (options.count("follow") > 0) out.follow_seconds = options["follow"].as<unsigned>();
  out.since = options["since"].as<std::string>();
  if (!out.since.empty() && !parse_time(out.since)) {
    throw Error(ExitCode::usage, "--since \"" + out.since + "\" is no time",
                "write it like 2026-11-21T01:00:00Z");
  }
  if (options.count("after") > 0) {
    out.after = Cursor::parse(options["after"].as<std::string>());
    if (!out.after)
      throw Error(ExitCode::usage, "--after is no cursor", "`dw-extract status` shows the log's end as one");
  }
  return out;
}

TableId table_named(const std::string& name) {
  const std::size_t dot = name.find('.');
  if (dot == 0 || dot == std::string::npos || dot + 1 == name.size())
    throw Error(ExitCode::usage, "verify takes no \"" + name + "\"", "write DB.TABLE");
  return {name.substr(0, dot), name.substr(dot + 1)};
}

SyncOptions verify_options(const cxxopts::ParseResult& options, const std::vector<std::string>& words) {
  SyncOptions out;
  out.verbose = options.count("verbose") > 0;
  out.verify.emplace();
  out.verify->repair = options.count("repair") > 0;
  for (const std::string& word : words) out.verify->tables.insert(table_named(word));
  return out;
}

Micros time_option(const cxxopts::ParseResult& options, const std::string& name) {
  const auto text = options[name].as<std::string>();
  const auto time = parse_time(text);
  if (!time) {
    throw Error(ExitCode::usage, "--" + name + " \"" + text + "\" is no time",
                "write it like 2026-11-21T01:00:00Z");
  }
  return *time;
}

restore::Existing existing_option(const std::string& text) {
  if (text == "leave") return restore::Existing::leave;
  if (text == "overwrite") return restore::Existing::overwrite;
  if (text == "overwrite-all") return restore::Existing::overwrite_all;
  throw Error(ExitCode::usage, "--existing \"" + text + "\" is not known",
              "leave, overwrite or overwrite-all");
}

RestoreOptions restore_options(const cxxopts::ParseResult& options) {
  for (const char* name : {"table", "where"}) {
    if (options.count(name) == 0)
      throw Error(ExitCode::usage, std::string("restore needs --") + name,
                  "see --help; --where 1 is every row");
  }
  RestoreOptions out;
  out.table = options["table"].as<std::string>();
  out.where = options["where"].as<std::string>();
  if (options.count("as-of") > 0) out.as_of = time_option(options, "as-of");
  if (options.count("into") > 0) out.into = options["into"].as<std::string>();
  out.existing = existing_option(options["existing"].as<std::string>());
  out.with_children = options.count("with-children") > 0;
  out.create = options.count("create") > 0;
  out.dry_run = options.count("dry-run") > 0;
  return out;
}

StatusOptions status_options(const cxxopts::ParseResult& options, const Statistics* statistics) {
  StatusOptions out;
  if (options.count("json") > 0) out.format = StatusFormat::json;
  if (options.count("prometheus") > 0) out.format = StatusFormat::prometheus;
  out.quiet = options.count("quiet") > 0;
  out.statistics = statistics;
  return out;
}

ExitCode run_with(Config config, const std::string& verb, const std::vector<std::string>& words,
                  const cxxopts::ParseResult& options, Statistics& statistics) {
  config.mirror.statistics = &statistics;
  if (verb == "apply")
    return run_apply(config, {words.begin(), words.end()}, options.count("verbose") > 0, statistics);
  if (verb == "status")
    return run_status(config,
                      status_options(options, options.count("statistics") > 0 ? &statistics : nullptr));
  if (verb == "report") {
    if (options.count("html") == 0)
      throw Error(ExitCode::usage, "report needs --html FILE", "see dw-load --help");
    return run_report(config, options["html"].as<std::string>());
  }
  if (verb == "baseline") return run_baseline(config, statistics);
  if (verb == "verify") return run_sync(config, verify_options(options, words), statistics);
  if (verb == "restore") return run_restore(config, restore_options(options));
  return run_sync(config, sync_options(options), statistics);
}

ExitCode run_verb(const std::string& verb, const std::vector<std::string>& words,
                  const cxxopts::ParseResult& options) {
  if (!kVerbs.contains(verb)) {
    throw Error(ExitCode::usage, "\"" + verb + "\" is no verb of dw-load",
                "did you mean \"" + nearest(verb, kVerbs) + "\"? See --help");
  }
  if (verb != "apply" && verb != "verify" && !words.empty())
    throw Error(ExitCode::usage, verb + " takes no \"" + words[0] + "\"", "see --help");
  if (verb == "apply" && words.empty())
    throw Error(ExitCode::usage, "apply needs batch files", "dw-load apply FILE...");
  const auto file = find_config(options["config"].as<std::string>(), "DW_LOAD_CONFIG", "/etc/dw/load.json");
  const bool shown = options.count("statistics") > 0;
  const bool as_json = (verb == "status" || verb == "check") && options.count("json") > 0;
  Statistics statistics;
  const ExitCode code = verb == "check" ? run_check(file, as_json, statistics, shown ? &statistics : nullptr)
                                        : run_with(load_config(file), verb, words, options, statistics);
  // stdout may be SQL.
  if (shown && !as_json) (verb == "restore" ? std::cerr : std::cout) << statistics_table(statistics.lines());
  return code;
}

ExitCode dispatch(int argc, char** argv) {
  const cxxopts::ParseResult options = options_spec().parse(argc, argv);
  if (options.count("help") > 0) {
    std::cout << kHelp;
    return ExitCode::done;
  }
  if (options.count("version") > 0) {
    std::cout << "dw-load " DW_VERSION "\n";
    return ExitCode::done;
  }
  std::vector<std::string> words;
  if (options.count("words") > 0) words = options["words"].as<std::vector<std::string>>();
  std::string verb = "sync";
  if (!words.empty()) {
    verb = words.front();
    words.erase(words.begin());
  }
  return run_verb(verb, words, options);
}

}  // namespace

int load_main(int argc, char** argv) {
  try {
    return static_cast<int>(dispatch(argc, argv));
  } catch (const Error& error) {
    std::cerr << "dw-load: " << error.line() << '\n';
    return static_cast<int>(error.code());
  } catch (const cxxopts::exceptions::exception& error) {
    std::cerr << "dw-load: " << error.what() << ": see dw-load --help\n";
    return static_cast<int>(ExitCode::usage);
  } catch (const std::exception& error) {
    std::cerr << "dw-load: " << error.what() << '\n';
    return static_cast<int>(ExitCode::failed);
  }
}

}  // namespace dw::load
