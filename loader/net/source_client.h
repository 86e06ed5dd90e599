// The source's HTTPS interface (dw-extract as CGI), as the loader sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/log/cursor.h"
#include "common/util/error.h"
#include "common/util/statistics.h"
#include "loader/config.h"
#include "loader/net/http.h"

namespace dw::load {

struct BatchRequest {
  std::optional<Cursor> after;
  std::string since;  // only when there is no cursor; may be empty
  std::size_t max_bytes = 0;
};

struct SourceAnswer {
  std::string body;
  std::optional<std::int64_t> certificate_expires;  // seconds since 1970
};

// The source's log does not have the place that was asked for, and never had, or has another row there.
class UnknownCursorError : public Error {
  using Error::Error;
};

class SourceClient {
 public:
  // `statistics` gets every request and every pause; it must outlive the client.
  SourceClient(const SourceConfig& config, Statistics& statistics);

  // The batch's JSON text, not yet checked. Asking twice gives the same events: the source keeps no state, so
  // a request that may pass is repeated, `attempts` times with growing pauses. Throws Error.
  [[nodiscard]] std::string fetch_batch(const BatchRequest& request) const;

  // A snapshot's lines, in pieces as they come; `after`: JSON, where an earlier one ended, or "". Not
  // repeated: every snapshot is another one. Throws Error, source_unreachable when it was cut off, and what
  // `on_data` throws.
  void fetch_snapshot(const std::string& after, const std::function<void(std::string_view)>& on_data) const;

  // The rows that the JSON names (common/rows/reading_format.md), as lines. Not repeated: every reading is
  // another one. Throws Error.
  [[nodiscard]] std::string read(const std::string& request) const;
  // Production's catalogue, as lines. Throws Error.
  [[nodiscard]] std::string fetch_catalog() const;

  // Asks for a rotation of the log; everything before `acknowledged` may go. True when the source rotated.
  [[nodiscard]] bool rotate(const Cursor& acknowledged) const;

  // What `dw-extract check` says there, as JSON. Throws Error.
  [[nodiscard]] SourceAnswer check() const;

 private:
  [[nodiscard]] HttpRequest request_for(const std::string& method, const std::string& path_and_query) const;
  [[nodiscard]] HttpResponse call(const std::string& method, const std::string& path_and_query) const;
  [[nodiscard]] HttpResponse call_with_retries(const HttpRequest& request) const;

  [[nodiscard]] HttpResponse send(const HttpRequest& request) const;

  SourceConfig config_;
  Statistics& statistics_;
  std::string api_key_;
};

}  // namespace dw::load
