#include "extractor/reading/read_request.h"

#include <nlohmann/json.hpp>

#include "common/sql/identifiers.h"
#include "common/util/digest.h"
#include "extractor/request.h"

namespace dw::extract {
namespace {

using nlohmann::json;

constexpr int kReadFormat = 1;

[[noreturn]] void refuse(const std::string& what, const std::string& hint = "") {
  throw RequestError(ExitCode::usage, "bad_request", what, hint);
}

json parse(std::string_view text, const char* what) {
  json out = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!out.is_object()) refuse(std::string(what) + " is no JSON object");
  return out;
}

std::string hex_bytes(const std::string& digits) {
  std::string out;
  if (digits.size() % 2 != 0 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
    refuse("a value's hex is none");
  for (std::size_t i = 0; i < digits.size(); i += 2)
    out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return out;
}

AskedValue parse_value(const json& value) {
  AskedValue out;
  if (value.is_null()) return out;
  if (value.is_string()) {
    out.bytes = value.get<std::string>();
  } else if (value.is_number_integer()) {
    out.bytes = value.dump();
  } else if (value.is_object() && value.size() == 1 && value.begin()->is_string()) {
    out.form = rows::Form::stored;
    const auto text = value.begin()->get<std::string>();
    if (value.begin().key() == "hex") {
      out.bytes = hex_bytes(text);
    } else if (value.begin().key() == "b64") {
      out.bytes = base64_decode(text);
    }
    if (!out.bytes) refuse("a value is written in a way that is not known");
  } else {
    refuse("a value is no string, integer, null, {\"hex\":…} or {\"b64\":…}");
  }
  return out;
}

AskedKey parse_key(const json& list) {
  if (!list.is_array() || list.empty()) refuse("a key is no list of values");
  AskedKey out;
  for (const json& value : list) out.push_back(parse_value(value));
  return out;
}

std::string word(const json& object, const char* name) {
  if (!object.contains(name) || !object[name].is_string()) refuse(std::string("there is no ") + name);
  return object[name].get<std::string>();
}

std::vector<std::string> words(const json& object, const char* name) {
  std::vector<std::string> out;
  if (!object.contains(name)) return out;
  if (!object[name].is_array()) refuse(std::string(name) + " is no list");
  for (const json& one : object[name]) {
    if (!one.is_string()) refuse(std::string(name) + " is no list of names");
    out.push_back(one.get<std::string>());
  }
  return out;
}

ReadItem parse_item(const json& object) {
  if (!object.is_object()) refuse("what is asked for is no object");
  static const std::vector<std::string> known{"schema", "table",   "columns", "key",   "keys",
                                              "after",  "through", "want",    "other", "most_bytes"};
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      refuse("what is asked for has an unknown key",
             "known are schema, table, columns, key, keys, after, through, want, other, most_bytes");
  }
  ReadItem out;
  out.schema = word(object, "schema");
  out.table = word(object, "table");
  out.columns = words(object, "columns");
  out.key = words(object, "key");
  const std::string want = object.contains("want") ? word(object, "want") : "rows";
  if (want != "rows" && want != "digest" && want != "checksum")
    refuse("want is none of rows, digest and checksum");
  out.digest = want != "rows";
  out.checksum = want == "checksum";
  const std::string other = out.checksum ? word(object, "other") : "mysql";
  if (other != "mysql" && other != "mariadb") refuse("other is neither mysql nor mariadb");
  out.other_is_mariadb = other == "mariadb";
  if (object.contains("most_bytes")) {
    if (!object["most_bytes"].is_number_unsigned()) refuse("most_bytes is no number");
    out.most_bytes = object["most_bytes"].get<std::uint64_t>();
  }
  if (object.contains("keys")) {
    if (object.contains("after") || object.contains("through")) refuse("keys and a range exclude each other");
    if (!object["keys"].is_array()) refuse("keys is no list");
    out.keys.emplace();
    for (const json& key : object["keys"]) out.keys->push_back(parse_key(key));
  }
  if (object.contains("after")) out.after = parse_key(object["after"]);
  if (object.contains("through")) out.through = parse_key(object["through"]);
  return out;
}

}  // namespace

std::vector<ReadItem> parse_read_request(std::string_view body) {
  const json object = parse(body, "the request");
  if (object.value("format", json()) != kReadFormat) refuse("the request's format is not 1");
  if (!object.contains("read") || !object["read"].is_array()) refuse("the request has no list \"read\"");
  std::vector<ReadItem> out;
  for (const json& item : object["read"]) out.push_back(parse_item(item));
  return out;
}

SnapshotPlace parse_snapshot_place(std::string_view text) {
  const json object = parse(text, "after");
  SnapshotPlace out{word(object, "schema"), word(object, "table"), {}};
  if (object.contains("key")) out.key = parse_key(object["key"]);
  return out;
}

rows::Key to_key(const rows::Table& table, const std::vector<std::string>& columns, const AskedKey& key) {
  if (key.size() > columns.size() || key.empty()) {
    refuse("a key of table " + table.schema + "." + table.name + " has another number of columns",
           "dw-extract catalog tells them");
  }
  rows::Key out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const rows::Column& column = table.column(columns[i]);
    const auto& bytes = key[i].bytes;
    out.push_back(
        {sql::quote_identifier(column.name),
         rows::literal(column, bytes ? std::optional<std::string_view>(*bytes) : std::nullopt, key[i].form)});
  }
  return out;
}

}  // namespace dw::extract
