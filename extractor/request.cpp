#include "extractor/request.h"

#include <charconv>

namespace dw::extract {
namespace {

// Parameter values are never repeated in a message: it may end in a log, and the value may be a misplaced
// secret.
[[noreturn]] void refuse(std::string_view name, const std::string& why, const std::string& hint) {
  throw RequestError(ExitCode::usage, "bad_parameter", std::string(name) + " " + why, hint);
}

Cursor read_cursor(std::string_view name, std::string_view value) {
  auto cursor = Cursor::parse(value);
  if (!cursor)
    refuse(name, "is no cursor", "give the \"next\" of a batch or the \"end\" of the status, unchanged");
  return *std::move(cursor);
}

Micros read_time(std::string_view name, std::string_view value) {
  const auto time = parse_time(value);
  if (!time) refuse(name, "is no time", "write 2026-11-21, 2026-11-21T01:41:21Z or seconds since 1970");
  return *time;
}

std::uint64_t read_bytes(std::string_view name, std::string_view value) {
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), bytes);
  if (error != std::errc{} || end != value.data() + value.size() || bytes == 0 || bytes > kMostBatchBytes) {
    refuse(name, "is no size", "give a number of bytes from 1 to " + std::to_string(kMostBatchBytes));
  }
  return bytes;
}

}  // namespace

std::optional<Verb> verb_from(std::string_view word) {
  if (word == "batch") return Verb::batch;
  if (word == "status") return Verb::status;
  if (word == "check") return Verb::check;
  if (word == "rotate") return Verb::rotate;
  if (word == "catalog") return Verb::catalog;
  if (word == "snapshot") return Verb::snapshot;
  if (word == "read") return Verb::read;
  return std::nullopt;
}

bool takes_parameter(Verb verb, std::string_view name) {
  if (verb == Verb::rotate || verb == Verb::snapshot) return name == "after";
  return verb == Verb::batch &&
         (name == "after" || name == "since" || name == "until" || name == "max_bytes");
}

void set_parameter(Request& request, std::string_view name, std::string_view value) {
  if (request.verb == Verb::snapshot) {
    request.place = value;
  } else if (name == "after") {
    request.after = read_cursor(name, value);
  } else if (name == "since") {
    request.since = read_time(name, value);
  } else if (name == "until") {
    request.until = read_time(name, value);
  } else {
    request.max_bytes = read_bytes(name, value);
  }
}

void check_parameters(const Request& request) {
  if (request.after && request.since) {
    refuse("since", "and after exclude each other", "give the one or the other as the place to start from");
  }
}

}  // namespace dw::extract
