#include "loader/baseline/snapshot_lines.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/util/error.h"

namespace dw::load {
namespace {

using nlohmann::json;

constexpr int kFormat = 1;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ExitCode::failed, "the source's snapshot cannot be read: " + what,
              "check that source.url leads to dw-extract, of the same version");
}

SnapshotHeader header_from(const json& line) {
  SnapshotHeader out;
  const json& source = line.at("source");
  out.source.id = source.at("id");
  out.source.server_version = source.at("server_version");
  out.source.server = source.value("server", "");
  out.source.globals = source.at("globals").get<std::map<std::string, std::string>>();
  out.databases = line.at("databases").get<std::vector<std::string>>();
  const json& marker = line.at("marker");
  out.nonce = marker.at("nonce");
  out.busy = marker.at("busy").get<std::vector<std::uint64_t>>();
  if (marker.contains("cursor")) out.cursor = Cursor::parse(marker.at("cursor").get<std::string>());
  if (marker.contains("oldest_transaction_seconds")) {
    constexpr double kMicros = 1e6;
    out.oldest_transaction =
        static_cast<Micros>(marker.at("oldest_transaction_seconds").get<double>() * kMicros);
  }
  return out;
}

}  // namespace

void SnapshotLines::feed(std::string_view bytes) {
  std::size_t end = bytes.find('\n');
  if (!rest_.empty() && end != std::string_view::npos) {
    rest_.append(bytes, 0, end);
    bytes.remove_prefix(end + 1);
    take(rest_);
    rest_.clear();
    end = bytes.find('\n');
  }
  for (; end != std::string_view::npos; end = bytes.find('\n')) {
    take(bytes.substr(0, end));
    bytes.remove_prefix(end + 1);
  }
  rest_.append(bytes);
}

void SnapshotLines::take(std::string_view line) {
  if (complete_) refuse("something follows its last line");
  ++lines_;
  if (line.starts_with('[')) {
    if (table_ == nullptr) refuse("a row belongs to no table");
    parser_.parse(line, columns_);
    return visitor_.on_row(parser_.values());
  }
  const json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) refuse("a line is no JSON");
  try {
    if (!header_) return take_header(object);
    take_object(object);
  } catch (const json::exception& error) {
    refuse(error.what());
  }
}

void SnapshotLines::take_header(const json& line) {
  if (line.value("kind", "") != "snapshot") refuse("it has no header");
  if (line.value("format", 0) != kFormat) refuse("its format is a later one");
  header_ = header_from(line);
}

void SnapshotLines::take_object(const json& line) {
  if (!started_ && rows::take_line(catalog_, line)) return;
  if (!started_) {
    started_ = true;
    visitor_.on_start(*header_, catalog_);
  }
  if (line.contains("begin")) {
    begin_table(line);
  } else if (line.contains("chunk")) {
    visitor_.on_chunk();
  } else if (line.contains("done") || line.contains("changed")) {
    if (table_ == nullptr) refuse("a table ends that did not begin");
    table_ = nullptr;
    visitor_.on_table_end(line.contains("changed"));
  } else if (line.contains("end")) {
    if (line.at("lines").get<std::uint64_t>() != lines_ - 1) refuse("lines of it are missing");
    complete_ = true;
  }
}

void SnapshotLines::begin_table(const json& line) {
  const std::string schema = line.at("begin").at("schema");
  const std::string name = line.at("begin").at("table");
  const auto found =
      std::find_if(catalog_.tables.begin(), catalog_.tables.end(),
                   [&](const rows::Table& table) { return table.schema == schema && table.name == name; });
  if (found == catalog_.tables.end()) refuse("a table is not in its catalogue");
  table_ = &*found;
  columns_.clear();
  for (const json& column : line.at("columns")) columns_.push_back(found->column(column));
  if (columns_ != found->stored_columns()) refuse("a table's columns are not those of its catalogue");
  visitor_.on_table(*found);
}

}  // namespace dw::load
