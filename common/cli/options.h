// The options of a manual, for cxxopts: all of text, for each verb reads its own.
#pragma once

#include <string>

#include <cxxopts.hpp>

#include "common/cli/manual.h"
#include "common/util/error.h"

namespace dw {

inline void declare_options(cxxopts::Options& options, const Manual& manual) {
  auto add = options.add_options();
  for (const ManualOption& one : manual.options) {
    if (std::string(one.name) == "help") {
      add(one.name, "", cxxopts::value<std::string>()->implicit_value(""));
    } else if (*one.argument == '\0') {
      add(one.name, "");
    } else {
      add(one.name, "", cxxopts::value<std::string>());
    }
  }
}

// Empty where the option is not given.
inline std::string option_text(const cxxopts::ParseResult& parsed, const std::string& name) {
  return parsed.count(name) == 0 ? std::string() : parsed[name].as<std::string>();
}

// Throws Error(usage) for an option that is not of the verb.
inline void refuse_foreign_options(const cxxopts::ParseResult& parsed, const Manual& manual,
                                   const std::string& verb) {
  for (const ManualOption& one : manual.options) {
    if (parsed.count(one.name) > 0 && !takes(one, verb)) {
      throw Error(ExitCode::usage, verb + " takes no --" + one.name,
                  "see " + std::string(manual.name) + " " + verb + " --help");
    }
  }
}

}  // namespace dw
