// dw-extract's command line.
#pragma once

#include <string>

#include "extractor/request.h"

namespace dw::extract {

struct Options {
  Request request;
  std::string config;  // empty: the usual places
  bool verbose = false;
  std::string print;  // not empty: help or version, and nothing else is done
};

// Throws Error(usage).
Options parse_options(int argc, const char* const* argv);

}  // namespace dw::extract
