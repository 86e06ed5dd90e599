// Carries a request out on the source database, whoever asked.
#pragma once

#include <string>
#include <vector>

#include "common/util/error.h"
#include "extractor/config.h"
#include "extractor/request.h"

namespace dw::extract {

struct Outcome {
  std::string json;  // the answer, one document
  std::string text;  // the same for people, where there is such a form
  ExitCode exit_code = ExitCode::done;
  std::vector<std::string> warnings;  // one line each, for stderr
  std::string summary;                // one line, for --verbose
};

// Throws Error, RequestError.
Outcome run(const Config& config, const Request& request);

}  // namespace dw::extract
