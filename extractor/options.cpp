#include "extractor/options.h"

#include <array>
#include <utility>

#include <cxxopts.hpp>

namespace dw::extract {
namespace {

constexpr const char* kSeeHelp = "see dw-extract --help";

cxxopts::Options declare() {
  cxxopts::Options options("dw-extract");
  auto add = options.add_options();
  add("verb", "", cxxopts::value<std::string>()->default_value("batch"));
  add("config", "", cxxopts::value<std::string>()->default_value(""));
  for (const char* name : {"after", "since", "until", "max-bytes"})
    add(name, "", cxxopts::value<std::string>());
  for (const char* name : {"dry-run", "verbose", "help", "version"}) add(name, "", cxxopts::value<bool>());
  options.parse_positional({"verb"});
  return options;
}

Request read_request(const cxxopts::ParseResult& parsed) {
  const std::string word = parsed["verb"].as<std::string>();
  const auto verb = verb_from(word);
  if (!verb)
    throw Error(ExitCode::usage, "\"" + word + "\" is no verb",
                "the verbs are batch, status, check, rotate, catalog, snapshot and read");
  Request request;
  request.verb = *verb;
  constexpr std::array<std::pair<const char*, const char*>, 4> kParameters{
      {{"after", "after"}, {"since", "since"}, {"until", "until"}, {"max-bytes", "max_bytes"}}};
  for (const auto& [option, name] : kParameters) {
    if (parsed.count(option) == 0) continue;
    if (!takes_parameter(*verb, name)) throw Error(ExitCode::usage, word + " takes no --" + option, kSeeHelp);
    set_parameter(request, name, parsed[option].as<std::string>());
  }
  request.dry_run = parsed["dry-run"].as<bool>();
  if (request.dry_run && *verb != Verb::rotate)
    throw Error(ExitCode::usage, word + " takes no --dry-run", kSeeHelp);
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
    options.help = parsed["help"].as<bool>();
    options.version = parsed["version"].as<bool>();
    options.verbose = parsed["verbose"].as<bool>();
    options.config = parsed["config"].as<std::string>();
    if (!options.help && !options.version) options.request = read_request(parsed);
    return options;
  } catch (const cxxopts::exceptions::exception& error) {
    throw Error(ExitCode::usage, error.what(), kSeeHelp);
  }
}

}  // namespace dw::extract
