// Carries a request out on the source database, whoever asked.
#pragma once

#include <string>
#include <vector>

#include "common/util/error.h"
#include "extractor/config.h"
#include "extractor/reading/line_stream.h"
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

// The same for what is_streamed. An error before the first line leaves `sink` untouched; after one, what was
// written lacks its last line. Throws Error, RequestError.
void stream(const Config& config, const Request& request, ByteSink& sink);

}  // namespace dw::extract
