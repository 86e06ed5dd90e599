#include "extractor/file_log/log_head.h"

#include <algorithm>

#include "common/log/cursor.h"

namespace dw::extract {
namespace {

struct DatedLine {
  RowHeader header;
  std::size_t end = 0;  // behind its newline; npos when it has none
};

std::optional<DatedLine> find_dated(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::size_t newline = bytes.find('\n', at);
    auto header = parse_row_header(bytes.substr(at));
    if (header && (header->time || header->local_time)) {
      header->command = {};
      return DatedLine{*header, newline == std::string_view::npos ? newline : newline + 1};
    }
    if (newline == std::string_view::npos) break;
    at = newline + 1;
  }
  return std::nullopt;
}

}  // namespace

std::optional<RowHeader> first_dated_row(std::string_view bytes) {
  const auto found = find_dated(bytes);
  return found ? std::optional(found->header) : std::nullopt;
}

std::optional<LogHead> read_head(std::string_view head, bool finished) {
  head = head.substr(0, kMostHead);
  const auto dated = find_dated(head);
  const bool whole = dated && dated->end != std::string_view::npos;
  const auto server = parse_server_lines(head);
  if (!whole && head.size() < kMostHead) {
    const bool has_row = parse_row_header(head.substr(server ? server->length : 0)).has_value();
    if (!finished || !has_row) return std::nullopt;
  }
  LogHead out;
  out.fingerprint = generation_fingerprint(head.substr(0, whole ? dated->end : kMostHead));
  if (dated) out.first_dated = dated->header;
  if (server) out.version = server->version;
  return out;
}

}  // namespace dw::extract
