#include "extractor/app.h"

#include <optional>

#include "extractor/batch_verb.h"
#include "extractor/check_verb.h"
#include "extractor/reading/catalog_verb.h"
#include "extractor/reading/read_verb.h"
#include "extractor/reading/snapshot_verb.h"
#include "extractor/rotate_verb.h"
#include "extractor/server.h"
#include "extractor/status_verb.h"

namespace dw::extract {

Outcome run(const Config& config, const Request& request) {
  std::optional<Server> connected;
  if (config.defaults_file) connected = Server::connect(config);
  Server* const server = connected ? &*connected : nullptr;
  try {
    switch (request.verb) {
      case Verb::status:
        return run_status(config, server);
      case Verb::check:
        return run_check(config, server);
      case Verb::rotate:
        return run_rotate(config, server, request);
      default:
        break;
    }
    return run_batch(config, server, request);
  } catch (const mysql::SqlError& error) {
    throw as_error(error, request.verb == Verb::rotate ? "rotating the log" : "reading the log");
  }
}

void stream(const Config& config, const Request& request, ByteSink& sink) {
  if (!config.defaults_file) {
    throw Error(ExitCode::usage, "without a server there are only its logs to read",
                "the config names no mysql.defaults_file");
  }
  Server server = Server::connect(config);
  LineStream out(sink);
  try {
    if (request.verb == Verb::catalog) run_catalog(config, server, out);
    if (request.verb == Verb::snapshot) run_snapshot(config, server, request.place, out);
    if (request.verb == Verb::read) run_read(config, server, request.body, out);
  } catch (const mysql::SqlError& error) {
    throw as_error(error, "reading production");
  }
}

}  // namespace dw::extract
