#include "extractor/app.h"

#include <optional>

#include "extractor/batch_verb.h"
#include "extractor/check_verb.h"
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
      case Verb::batch:
        break;
    }
    return run_batch(config, server, request);
  } catch (const mysql::SqlError& error) {
    throw as_error(error, request.verb == Verb::rotate ? "rotating the log" : "reading the log");
  }
}

}  // namespace dw::extract
