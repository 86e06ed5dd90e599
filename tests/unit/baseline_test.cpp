#include <nlohmann/json.hpp>

#include "common/util/error.h"
#include "loader/baseline/copy_progress.h"
#include "loader/baseline/insert_packets.h"
#include "loader/baseline/snapshot_lines.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::load;

namespace {

rows::Column column(rows::ValueKind kind, const std::string& charset = "") {
  rows::Column out;
  out.name = "c`d";
  out.type = "some type";
  out.kind = kind;
  out.charset = charset;
  return out;
}

std::string literal(rows::ValueKind kind, std::string_view value, const std::string& charset = "") {
  std::string out;
  append_literal(out, column(kind, charset), value);
  return out;
}

// Writes down what it is told.
class Notes : public SnapshotVisitor {
 public:
  void on_start(const SnapshotHeader& header, const rows::Catalog& catalog) override {
    text += "start " + header.source.id + " " + std::to_string(catalog.tables.size()) + ";";
  }
  void on_table(const rows::Table& table) override { text += "table " + table.name + ";"; }
  void on_row(std::span<const rows::Value> values) override {
    for (const rows::Value& value : values) text += std::string(value.value_or("NULL")) + ",";
  }
  void on_chunk() override { text += "chunk;"; }
  void on_table_end(bool changed) override { text += changed ? "changed;" : "done;"; }
  std::string text;
};

const std::vector<std::string> kLines{
    R"({"format":1,"kind":"snapshot","source":{"id":"s","server_version":"9","globals":{}},"databases":[],)"
    R"("marker":{"nonce":"n","busy":[5],"cursor":"0123456789abcdef0123456789abcdef-7-1795225281267560"}})",
    R"({"schema":"app","charset":"utf8mb4","collation":"utf8mb4_bin"})",
    R"({"schema":"app","table":"t","engine":"InnoDB","create":"…","columns":[{"name":"a","type":"int","kind":"integer"}],)"
    R"("key":["a"],"key_name":"PRIMARY","transactional":true})",
    R"({"begin":{"schema":"app","table":"t"},"columns":["a"]})",
    R"(["1"])",
    R"([null])",
    R"({"chunk":2})",
    R"({"done":{"schema":"app","table":"t"},"rows":2})",
    R"({"end":true,"lines":8})"};

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

bool is_refused(const std::vector<std::string>& lines) {
  Notes notes;
  SnapshotLines reader(notes);
  try {
    reader.feed(joined(lines));
  } catch (const Error& error) {
    return error.code() == ExitCode::failed;
  }
  return false;
}

}  // namespace

TEST_CASE("SnapshotsAreReadHoweverTheirBytesCome") {
  const std::string text = joined(kLines);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, text.size()}) {
    Notes notes;
    SnapshotLines lines(notes);
    for (std::size_t at = 0; at < text.size(); at += piece) {
      CHECK_FALSE(lines.complete());
      lines.feed(std::string_view(text).substr(at, piece));
    }
    CHECK(lines.complete());
    CHECK(notes.text == "start s 1;table t;1,NULL,chunk;done;");
  }
}

TEST_CASE("DamagedSnapshotsAreRefused") {
  CHECK_FALSE(is_refused(kLines));
  for (std::size_t i = 0; i < kLines.size(); ++i) {
    INFO(kLines[i]);
    auto lines = kLines;
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
    if (i + 1 != kLines.size()) CHECK(is_refused(lines));
    lines = kLines;
    lines[i] = "nonsense";
    CHECK(is_refused(lines));
  }
  auto lines = kLines;
  lines.push_back(R"({"chunk":0})");
  CHECK(is_refused(lines));
  lines = kLines;
  lines[3] = R"({"begin":{"schema":"app","table":"t"},"columns":["b"]})";
  Notes notes;
  CHECK_THROWS_AS(SnapshotLines(notes).feed(joined(lines)), Error);
}

TEST_CASE("ValuesBecomeLiteralsThatStoreTheSameBytes") {
  CHECK(literal(rows::ValueKind::integer, "-5") == "-5");
  CHECK(literal(rows::ValueKind::floating, "0.1") == "0.1e0");
  CHECK(literal(rows::ValueKind::floating, "1e-7") == "1e-7");
  CHECK(literal(rows::ValueKind::plain, "0000-00-00") == "'0000-00-00'");
  CHECK(literal(rows::ValueKind::text, std::string_view("a'b\\c\0d\n", 8), "utf8mb4") ==
        "'a\\'b\\\\c\\0d\n'");
  CHECK(literal(rows::ValueKind::text, "\x95\\", "sjis") == "_sjis'\x95\\\\'");
  CHECK(literal(rows::ValueKind::binary, "\xFF'") == "_binary'\xFF\\''");
  CHECK(literal(rows::ValueKind::geometry, "4326 x") == "ST_GeomFromWKB(_binary'x',4326)");
}

TEST_CASE("WhatIsNoNumberIsNotWritten") {
  for (const auto kind : {rows::ValueKind::integer, rows::ValueKind::decimal, rows::ValueKind::floating}) {
    CHECK_THROWS_AS(literal(kind, "1); DROP TABLE t"), Error);
    CHECK_THROWS_AS(literal(kind, ""), Error);
  }
  CHECK_THROWS_AS(literal(rows::ValueKind::geometry, "x,0) x"), Error);
}

TEST_CASE("RowsSharePacketsOfModestSize") {
  std::vector<std::string> sent;
  InsertPackets packets([&](const std::string& sql) { sent.push_back(sql); });
  rows::Table table;
  table.schema = "app";
  table.name = "t";
  table.columns = {column(rows::ValueKind::integer), column(rows::ValueKind::text, "utf8mb4")};
  table.columns[1].name = "s";
  packets.begin(table);
  packets.flush();
  CHECK(sent.empty());
  packets.add(std::vector<rows::Value>{"1", "x"});
  packets.add(std::vector<rows::Value>{"2", std::nullopt});
  packets.flush();
  CHECK(sent == std::vector<std::string>{"INSERT INTO `app`.`t` (`c``d`,`s`) VALUES (1,'x'),(2,NULL)"});
  sent.clear();
  const std::string large(100'000, 'x');
  for (int i = 0; i < 20; ++i) packets.add(std::vector<rows::Value>{"1", large});
  packets.flush();
  CHECK(sent.size() > 2);
  for (const std::string& sql : sent) CHECK(sql.size() < 1'000'000);
}

TEST_CASE("ProgressSaysWhatIsLeft") {
  CopyProgress progress;
  progress.table = "shop.orders";
  progress.rows = 1'234'567;
  progress.bytes = 500'000'000;
  progress.bytes_before = 100'000'000;
  progress.expected_bytes = 1'000'000'000;
  progress.seconds = 10;
  CHECK(progress_line(progress) == " 50% 1,234,567 rows, 500 MB, 40.0 MB/s, 0:00:12 left: shop.orders");
}
