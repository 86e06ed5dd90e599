#include "extractor/options.h"

#include <array>
#include <utility>

#include "common/cli/options.h"
#include "dw_version.h"
#include "extractor/manual.h"

namespace dw::extract {
namespace {

constexpr const char* kSeeHelp = "see dw-extract --help";

cxxopts::Options declare() {
  cxxopts::Options options("dw-extract");
  declare_options(options, manual());
  options.add_options()("verb", "",
                        cxxopts::value<std::string>()->default_value(manual().verbs.front().name));
  options.parse_positional({"verb"});
  return options;
}

Request read_request(const cxxopts::ParseResult& parsed) {
  const std::string word = parsed["verb"].as<std::string>();
  const auto verb = verb_from(word);
  if (!verb)
    throw Error(ExitCode::usage, "\"" + word + "\" is no verb",
                "the verbs are batch, status, check, rotate, catalog, snapshot and read");
  refuse_foreign_options(parsed, manual(), word);
  Request request;
  request.verb = *verb;
  constexpr std::array<std::pair<const char*, const char*>, 4> kParameters{
      {{"after", "after"}, {"since", "since"}, {"until", "until"}, {"max-bytes", "max_bytes"}}};
  for (const auto& [option, name] : kParameters) {
    if (parsed.count(option) == 0) continue;
    set_parameter(request, name, parsed[option].as<std::string>());
  }
  request.dry_run = parsed.count("dry-run") > 0;
  check_parameters(request);
  return request;
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
  try {
    cxxopts::Options declared = declare();
    const cxxopts::ParseResult parsed = declared.parse(argc, argv);
    if (!parsed.unmatched().empty()) {
      throw Error(ExitCode::usage, "\"" + parsed.unmatched().front() + "\" is one word too many", kSeeHelp);
    }
    Options options;
    if (parsed.count("help") > 0) {
      const std::string verb = parsed.count("verb") > 0 ? parsed["verb"].as<std::string>() : "";
      options.print = manual_in(manual(), option_text(parsed, "help"), verb);
    } else if (parsed.count("version") > 0) {
      options.print = "dw-extract " DW_VERSION "\n";
    }
    options.verbose = parsed.count("verbose") > 0;
    options.config = option_text(parsed, "config");
    if (options.print.empty()) options.request = read_request(parsed);
    return options;
  } catch (const cxxopts::exceptions::exception& error) {
    throw Error(ExitCode::usage, error.what(), kSeeHelp);
  }
}

}  // namespace dw::extract
