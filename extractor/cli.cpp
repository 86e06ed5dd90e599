#include "extractor/cli.h"

#include <iostream>
#include <iterator>
#include <optional>
#include <unistd.h>

#include "common/util/config.h"
#include "extractor/app.h"
#include "extractor/options.h"
#include "extractor/output.h"
#include "extractor/progress.h"

namespace dw::extract {
namespace {

// Its progress is shown where somebody looks on.
void run_streamed(const Config& config, const Request& request) {
  StdoutSink sink;
  if (!shows_progress(request.verb)) return stream(config, request, sink);
  Progress progress(request.verb);
  CountedSink counted(sink, progress);
  stream(config, request, counted);
}

Outcome run_shown(const Config& config, const Request& request) {
  std::optional<Progress> progress;
  if (shows_progress(request.verb)) progress.emplace(request.verb);
  return run(config, request);
}

ExitCode run_options(const Options& options) {
  if (!options.print.empty()) {
    print_document(options.print);
    return ExitCode::done;
  }
  const Config config = load_config(find_config(options.config, kConfigVariable, kConfigPlace));
  if (is_streamed(options.request.verb)) {
    Request request = options.request;
    if (request.verb == Verb::read) request.body.assign(std::istreambuf_iterator<char>(std::cin), {});
    run_streamed(config, request);
    return ExitCode::done;
  }
  const Outcome outcome = run_shown(config, options.request);
  for (const std::string& warning : outcome.warnings) print_warning(warning);
  const bool for_people = !outcome.text.empty() && ::isatty(STDOUT_FILENO) == 1;
  print_document(for_people ? outcome.text : outcome.json);
  if (options.verbose && !outcome.summary.empty()) print_error(outcome.summary);
  return outcome.exit_code;
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  try {
    return static_cast<int>(run_options(parse_options(argc, argv)));
  } catch (const Error& error) {
    print_error(error.line());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    print_error(error.what());
    return static_cast<int>(ExitCode::failed);
  }
}

}  // namespace dw::extract
