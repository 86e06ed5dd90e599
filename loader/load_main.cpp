#include "loader/load_main.h"

#include <charconv>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "common/cli/options.h"
#include "common/util/config.h"
#include "common/util/error.h"
#include "dw_version.h"
#include "loader/baseline/baseline.h"
#include "loader/check/check.h"
#include "loader/config.h"
#include "loader/manual.h"
#include "loader/restore/restore_verb.h"
#include "loader/status.h"
#include "loader/sync.h"
#include "loader/voice/voice.h"

namespace dw::load {
namespace {

cxxopts::Options options_spec() {
  cxxopts::Options spec("dw-load");
  declare_options(spec, manual());
  spec.add_options()("words", "", cxxopts::value<std::vector<std::string>>());
  spec.parse_positional({"words"});
  return spec;
}

unsigned seconds_option(const std::string& text) {
  unsigned out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc() && end == text.data() + text.size()) return out;
  throw Error(ExitCode::usage, "--follow \"" + text + "\" is no number of seconds",
              "dw-load sync --follow 5");
}

SyncOptions sync_options(const cxxopts::ParseResult& options) {
  SyncOptions out;
  out.verbose = options.count("verbose") > 0;
  out.dry_run = options.count("dry-run") > 0;
  out.accept_source = options.count("accept-source") > 0;
  if (options.count("follow") > 0) out.follow_seconds = seconds_option(option_text(options, "follow"));
  out.since = option_text(options, "since");
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

SyncOptions verify_options(const cxxopts::ParseResult& options, const std::vector<std::string>& words) {
  SyncOptions out;
  out.verbose = options.count("verbose") > 0;
  out.verify.emplace();
  out.verify->repair_schema = options.count("repair-schema") > 0;
  out.verify->repair = options.count("repair") > 0 || out.verify->repair_schema;
  out.verify->tables = words;
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

BaselineOptions baseline_options(const cxxopts::ParseResult& options) {
  BaselineOptions out;
  out.dump.file = option_text(options, "from-dump");
  out.dump.since = option_text(options, "since");
  if (!out.dump.since.empty()) time_option(options, "since");
  if (!out.dump.since.empty() && out.dump.file.empty())
    throw Error(ExitCode::usage, "--since is for a dump", "dw-load baseline --from-dump FILE --since TIME");
  if (options.count("adopt") == 0) return out;
  if (!out.dump.file.empty())
    throw Error(ExitCode::usage, "--adopt and --from-dump exclude each other", "see dw-load baseline --help");
  std::istringstream names(option_text(options, "adopt"));
  for (std::string name; std::getline(names, name, ',');) {
    if (!name.empty()) out.adopt.push_back(name);
  }
  if (out.adopt.empty())
    throw Error(ExitCode::usage, "--adopt names no schema", "dw-load baseline --adopt shop,crm");
  return out;
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
  if (options.count("existing") > 0) out.existing = existing_option(option_text(options, "existing"));
  out.with_children = options.count("with-children") > 0;
  out.create = options.count("create") > 0;
  out.dry_run = options.count("dry-run") > 0;
  out.quiet = options.count("quiet") > 0;
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
  VoiceOptions voice;
  voice.verb = verb;
  voice.quiet = options.count("quiet") > 0;
  voice.stdout_is_data = verb == "status" || (verb == "restore" && options.count("into") == 0);
  voice.log_file = config.log_file;
  set_voice(std::move(voice));
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
  if (verb == "baseline") return run_baseline(config, baseline_options(options), statistics);
  if (verb == "verify") return run_sync(config, verify_options(options, words), statistics);
  if (verb == "restore") return run_restore(config, restore_options(options));
  return run_sync(config, sync_options(options), statistics);
}

void refuse_unknown(const std::string& verb) {
  if (find_verb(manual(), verb) != nullptr) return;
  std::set<std::string> known;
  for (const ManualVerb& one : manual().verbs) known.insert(one.name);
  throw Error(ExitCode::usage, "\"" + verb + "\" is no verb of dw-load",
              "did you mean \"" + nearest(verb, known) + "\"? See --help");
}

ExitCode run_verb(const std::string& verb, const std::vector<std::string>& words,
                  const cxxopts::ParseResult& options) {
  refuse_foreign_options(options, manual(), verb);
  if (*find_verb(manual(), verb)->operands == '\0' && !words.empty())
    throw Error(ExitCode::usage, verb + " takes no \"" + words[0] + "\"", "see --help");
  if (verb == "apply" && words.empty())
    throw Error(ExitCode::usage, "apply needs batch files", "dw-load apply FILE...");
  const auto file = find_config(option_text(options, "config"), "DW_LOAD_CONFIG", "/etc/dw/load.json");
  const bool shown = options.count("statistics") > 0;
  const bool as_json = (verb == "status" || verb == "check") && options.count("json") > 0;
  Statistics statistics;
  const CheckOptions check{as_json, options.count("quiet") > 0, shown ? &statistics : nullptr};
  const auto show = [&] {
    // stdout may be SQL.
    if (shown && !as_json)
      (verb == "restore" ? std::cerr : std::cout) << statistics_table(statistics.lines());
  };
  try {
    const ExitCode code = verb == "check" ? run_check(file, check, statistics)
                                          : run_with(load_config(file), verb, words, options, statistics);
    show();
    return code;
  } catch (...) {
    if (statistics.lines().size() > 1) show();  // what it did until it failed; one is "other"
    throw;
  }
}

ExitCode dispatch(int argc, char** argv) {
  const cxxopts::ParseResult options = options_spec().parse(argc, argv);
  if (options.count("version") > 0) {
    std::cout << "dw-load " DW_VERSION "\n";
    return ExitCode::done;
  }
  std::vector<std::string> words;
  if (options.count("words") > 0) words = options["words"].as<std::vector<std::string>>();
  std::string verb = words.empty() ? "" : words.front();
  if (!verb.empty()) refuse_unknown(verb);
  if (options.count("help") > 0) {
    std::cout << manual_in(manual(), option_text(options, "help"), verb);
    return ExitCode::done;
  }
  if (words.empty()) {
    verb = manual().verbs.front().name;
  } else {
    words.erase(words.begin());
  }
  return run_verb(verb, words, options);
}

}  // namespace

int load_main(int argc, char** argv) {
  try {
    return static_cast<int>(dispatch(argc, argv));
  } catch (const Error& error) {
    say_error(error.line());
    return static_cast<int>(error.code());
  } catch (const cxxopts::exceptions::exception& error) {
    say_error(std::string(error.what()) + ": see dw-load --help");
    return static_cast<int>(ExitCode::usage);
  } catch (const std::exception& error) {
    say_error(error.what());
    return static_cast<int>(ExitCode::failed);
  }
}

}  // namespace dw::load
