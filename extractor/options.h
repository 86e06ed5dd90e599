// dw-extract's command line.
#pragma once

#include <string>

#include "extractor/request.h"

namespace dw::extract {

struct Options {
  Request request;
  std::string config;  // empty: the usual places
  bool verbose = false;
  bool help = false;
  bool version = false;
};

// Throws Error(usage).
Options parse_options(int argc, const char* const* argv);

extern const char* const kHelp;

}  // namespace dw::extract
