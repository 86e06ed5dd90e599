#include "loader/verify/reading.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/rows/row_checksum.h"
#include "common/rows/row_line.h"
#include "common/util/error.h"

namespace dw::load {
namespace {

using nlohmann::json;

constexpr int kReadingFormat = 1;

[[noreturn]] void refuse_reading(const std::string& what) {
  throw Error(ExitCode::failed, "the source's reading cannot be used: " + what,
              "check that source.url leads to dw-extract, of the same version");
}

json item_json(const RowsAsked& asked, bool mirror_is_mariadb) {
  json out{{"schema", asked.table.schema},
           {"table", asked.table.table},
           {"want", asked.want == Want::digest ? "checksum" : "rows"}};
  if (asked.want == Want::digest) out["other"] = mirror_is_mariadb ? "mariadb" : "mysql";
  if (!asked.key.empty()) out["key"] = asked.key;
  if (!asked.keys.empty()) out["keys"] = json::parse(asked.keys);
  if (!asked.after.empty()) out["after"] = json::parse(asked.after);
  if (!asked.through.empty()) out["through"] = json::parse(asked.through);
  if (asked.want == Want::rows && asked.most_bytes != 0) out["most_bytes"] = asked.most_bytes;
  return out;
}

ReadingHeader reading_header_from(const json& line) {
  if (line.at("format").get<int>() > kReadingFormat) refuse_reading("its format is a later one");
  if (line.at("kind") != "read") refuse_reading("it is another kind of answer");
  ReadingHeader out;
  const json& source = line.at("source");
  out.source.id = source.at("id");
  out.source.server_version = source.at("server_version");
  out.source.server = source.value("server", "");
  out.source.globals = source.at("globals").get<std::map<std::string, std::string>>();
  out.log_enabled = line.at("log_enabled");
  out.nonce = line.at("marker").at("nonce");
  out.busy = line.at("marker").at("busy").get<std::vector<std::uint64_t>>();
  for (const json& one : line.value("next_ids", json::array()))
    out.next_ids[{one.at("schema"), one.at("table")}] = one.at("next_id").get<std::uint64_t>();
  return out;
}

class Parser {
 public:
  explicit Parser(std::size_t asked) { reading_.answers.resize(asked); }

  void take(std::string_view line) {
    if (complete_) refuse_reading("something follows its last line");
    ++lines_;
    if (line.starts_with('[')) return take_row(line);
    const json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) refuse_reading("a line is no JSON");
    if (lines_ == 1) {
      reading_.header = reading_header_from(object);
    } else if (object.contains("end")) {
      if (object.at("lines").get<std::uint64_t>() != lines_ - 1) refuse_reading("lines of it are missing");
      complete_ = true;
    } else if (!object.contains("waiting")) {
      take_item(object);
    }
  }

  Reading finish() && {
    if (!complete_) refuse_reading("it was cut off");
    if (answered_ != reading_.answers.size()) refuse_reading("answers are missing");
    return std::move(reading_);
  }

 private:
  void take_item(const json& object) {
    const auto number = object.at("item").get<std::size_t>();
    if (number != answered_ || number >= reading_.answers.size())
      refuse_reading("an answer is in another's place");
    Answer& answer = reading_.answers[number];
    if (object.contains("columns")) {
      for (const json& column : object.at("columns")) answer.columns.push_back(rows::column_from(column));
      return;
    }
    ++answered_;
    answer.error = object.value("error", "");
    answer.rows = object.value("rows", std::uint64_t{0});
    answer.digest = object.value("digest", "");
    if (object.contains("checksum"))
      answer.checksum = rows::checksum_from("0", object.at("checksum").get<std::string>()).value;
    answer.transactional = object.value("transactional", true);
    if (object.contains("through")) answer.through = object.at("through").dump();
    if (object.contains("keys_done")) answer.keys_done = object.at("keys_done").get<std::size_t>();
    answer.postponed = object.value("postponed", false);
  }

  void take_row(std::string_view line) {
    if (answered_ >= reading_.answers.size() || reading_.answers[answered_].columns.empty())
      refuse_reading("a row belongs to no table");
    Answer& answer = reading_.answers[answered_];
    parser_.parse(line, answer.columns);
    StoredRow& row = answer.values.emplace_back();
    for (const rows::Value& value : parser_.values())
      row.push_back(value ? std::optional<std::string>(*value) : std::nullopt);
  }

  Reading reading_;
  rows::RowParser parser_;
  std::uint64_t lines_ = 0;
  std::size_t answered_ = 0;
  bool complete_ = false;
};

}  // namespace

std::string read_request(const std::vector<RowsAsked>& asked, bool mirror_is_mariadb) {
  json items = json::array();
  for (const RowsAsked& one : asked) items.push_back(item_json(one, mirror_is_mariadb));
  return json{{"format", kReadingFormat}, {"read", std::move(items)}}.dump();
}

std::optional<RowsAsked> cut_to_answer(RowsAsked& asked, const Answer& answer) {
  RowsAsked rest = asked;
  if (!answer.through.empty()) {
    asked.through = answer.through;
    rest.after = answer.through;
    return rest;
  }
  if (!answer.keys_done) return std::nullopt;
  const json keys = json::parse(asked.keys);
  const auto cut = keys.begin() + static_cast<std::ptrdiff_t>(std::min(*answer.keys_done, keys.size()));
  asked.keys = json(json::array_t(keys.begin(), cut)).dump();
  rest.keys = json(json::array_t(cut, keys.end())).dump();
  return rest;
}

Reading parse_reading(std::string_view body, std::size_t asked) {
  Parser parser(asked);
  try {
    for (std::size_t end = body.find('\n'); end != std::string_view::npos; end = body.find('\n')) {
      parser.take(body.substr(0, end));
      body.remove_prefix(end + 1);
    }
    if (!body.empty()) refuse_reading("it was cut off");
    return std::move(parser).finish();
  } catch (const json::exception& error) {
    refuse_reading(error.what());
  }
}

rows::Catalog parse_catalog(std::string_view lines) {
  rows::Catalog out;
  for (std::size_t end = lines.find('\n'); end != std::string_view::npos; end = lines.find('\n')) {
    const json line = json::parse(lines.substr(0, end), nullptr, /*allow_exceptions=*/false);
    if (line.is_object()) rows::take_line(out, line);
    lines.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace dw::load
