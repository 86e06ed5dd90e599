// What is asked of dw-extract, the same from a command line and over HTTP.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/log/cursor.h"
#include "common/util/clock.h"
#include "common/util/error.h"

namespace dw::extract {

inline constexpr std::uint64_t kMostBatchBytes = 256ULL << 20;

enum class Verb : std::uint8_t { batch, status, check, rotate, catalog, snapshot, read };

struct Request {
  Verb verb = Verb::batch;
  std::optional<Cursor> after;
  std::optional<Micros> since;
  std::optional<Micros> until;
  std::optional<std::uint64_t> max_bytes;
  bool dry_run = false;
  std::string place;  // snapshot: where it goes on, JSON; "": at the first table
  std::string body;   // read: what is wanted, JSON
};

// The answer is written while it is made, line by line.
constexpr bool is_streamed(Verb verb) {
  return verb == Verb::catalog || verb == Verb::snapshot || verb == Verb::read;
}

// The asker's own mistake: HTTP 400. `name` is what programs read: "bad_parameter", "unknown_cursor", …
class RequestError : public Error {
 public:
  RequestError(ExitCode code, std::string name, const std::string& what, std::string hint)
      : Error(code, what, std::move(hint)), name_(std::move(name)) {}
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string name_;
};

std::optional<Verb> verb_from(std::string_view word);

// Whether the verb takes the parameter ("after", "since", "until", "max_bytes").
bool takes_parameter(Verb verb, std::string_view name);

// Reads one parameter into the request. Throws RequestError(usage).
void set_parameter(Request& request, std::string_view name, std::string_view value);

// What no single parameter shows. Throws RequestError(usage).
void check_parameters(const Request& request);

}  // namespace dw::extract
