#include <nlohmann/json.hpp>

#include "common/rows/catalog.h"
#include "common/rows/counter.h"
#include "common/rows/key_range.h"
#include "common/rows/row_checksum.h"
#include "common/rows/row_line.h"
#include "common/util/error.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::rows;

namespace {

Column column(ValueKind kind, const std::string& type = "", const std::string& charset = "") {
  Column out;
  out.name = "c";
  out.type = type;
  out.kind = kind;
  out.charset = charset;
  return out;
}

std::string digest_of(ValueKind kind, const std::vector<Value>& rows) {
  const std::vector<Column> columns{column(kind)};
  RowDigest digest;
  for (const Value& value : rows) digest.add(columns, std::vector<Value>{value});
  return digest.text();
}

// What comes back of a value that went through a line.
std::optional<std::string> there_and_back(const Column& one, const Value& value,
                                          std::string* line = nullptr) {
  const std::vector<Column> columns{one, column(ValueKind::plain)};
  std::string text;
  append_row(text, columns, std::vector<Value>{value, "2026-11-21"});
  if (line != nullptr) *line = text;
  RowParser parser;
  parser.parse(text, columns);
  CHECK(parser.values()[1] == "2026-11-21");
  const Value& got = parser.values()[0];
  return got ? std::optional<std::string>(*got) : std::nullopt;
}

bool is_damaged(const std::string& line) {
  const std::vector<Column> columns{column(ValueKind::text, "text", "utf8mb4")};
  RowParser parser;
  try {
    parser.parse(line, columns);
  } catch (const Error&) {
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("RowLinesHoldAnyBytes") {
  const std::vector<Column> columns{column(ValueKind::text, "text", "utf8mb4"),
                                    column(ValueKind::text, "text", "latin1"),
                                    column(ValueKind::text, "text", "utf16"),
                                    column(ValueKind::binary, "blob"), column(ValueKind::geometry, "point")};
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const Column& one : columns) {
    for (const std::string& value :
         {std::string(), std::string("a\"b\\c\n\t\r\b\f/\x01"), std::string("\0x", 2),
          std::string("h\xC3\xA9 \xF0\x9F\x98\x80"), std::string("\xE9"), all}) {
      CHECK(there_and_back(one, value) == value);
    }
    CHECK(there_and_back(one, std::nullopt) == std::nullopt);
  }
}

// A string in a line always is the value's characters.
TEST_CASE("RowLinesWriteCharactersOnlyWhereBytesAreThem") {
  std::string line;
  there_and_back(column(ValueKind::text, "text", "latin1"), "\xC3\xA9", &line);
  CHECK(line == R"([{"b64":"w6k="},"2026-11-21"])");
  there_and_back(column(ValueKind::text, "text", "utf8mb4"), "\xC3\xA9", &line);
  CHECK(line == "[\"\xC3\xA9\",\"2026-11-21\"]");
  there_and_back(column(ValueKind::text, "text", "ucs2"), std::string("\0a", 2), &line);
  CHECK(line == R"([{"b64":"AGE="},"2026-11-21"])");
}

TEST_CASE("DamagedRowLinesAreRefused") {
  CHECK_FALSE(is_damaged(R"(["x"])"));
  for (const char* line :
       {"", "[", "[]", R"(["x")", R"(["x)", R"(["x\)", R"(["x\u00)", R"(["x\q"])", R"(["x","y"])",
        R"(["x"]x)", R"([{"b64":"***"}])", R"([{"b64":"AGE="])", R"([nul])", "[5]"}) {
    INFO(line);
    CHECK(is_damaged(line));
  }
}

TEST_CASE("DigestsDoNotDependOnPrintingOrOrder") {
  CHECK(digest_of(ValueKind::integer, {"00042"}) == digest_of(ValueKind::integer, {"42"}));
  CHECK(digest_of(ValueKind::integer, {"000"}) == digest_of(ValueKind::integer, {"0"}));
  CHECK(digest_of(ValueKind::decimal, {"0001.50"}) == digest_of(ValueKind::decimal, {"1.50"}));
  CHECK(digest_of(ValueKind::decimal, {"-0.00"}) == digest_of(ValueKind::decimal, {"0.00"}));
  CHECK(digest_of(ValueKind::floating, {"1e15"}) == digest_of(ValueKind::floating, {"1000000000000000"}));
  CHECK(digest_of(ValueKind::floating, {"-0"}) == digest_of(ValueKind::floating, {"0"}));
  CHECK(digest_of(ValueKind::json, {R"({"a": 1, "b": [1.0, "x"]})"}) ==
        digest_of(ValueKind::json, {R"({"b":[1.0,"x"],"a":1})"}));
  CHECK(digest_of(ValueKind::text, {"a", "b", "b"}) == digest_of(ValueKind::text, {"b", "a", "b"}));
}

TEST_CASE("DigestsTellWhatDiffers") {
  CHECK(digest_of(ValueKind::floating, {"0.1"}) != digest_of(ValueKind::floating, {"0.10000000000000002"}));
  CHECK(digest_of(ValueKind::text, {""}) != digest_of(ValueKind::text, {std::nullopt}));
  CHECK(digest_of(ValueKind::text, {"a"}) != digest_of(ValueKind::text, {"A"}));
  CHECK(digest_of(ValueKind::text, {"a"}) != digest_of(ValueKind::text, {"a", "a", "a"}));
  CHECK(digest_of(ValueKind::json, {"[1, 2]"}) != digest_of(ValueKind::json, {"[2, 1]"}));
  CHECK(digest_of(ValueKind::json, {"1"}) != digest_of(ValueKind::json, {"1.0"}));
  const std::vector<Column> two{column(ValueKind::text), column(ValueKind::text)};
  RowDigest left;
  RowDigest right;
  left.add(two, std::vector<Value>{"ab", "c"});
  right.add(two, std::vector<Value>{"a", "bc"});
  CHECK(left.text() != right.text());
  CHECK(left.rows() == 1);
}

TEST_CASE("ChecksumsOfBagsOfRowsAddUp") {
  RowChecksum sum = checksum_from("2", "18446744073709551615");
  sum += checksum_from("1", "1");
  CHECK(sum == RowChecksum{3, 18446744073709551614U});
  CHECK_THROWS_AS(checksum_from("2", "-1"), Error);
  CHECK_THROWS_AS(checksum_from("", "1"), Error);
}

TEST_CASE("ChecksumsAreOfValuesThatHaveOneTextOnBothSides") {
  const auto made = [](ValueKind kind, const std::string& type, bool same_servers) {
    const std::vector<Column> key{column(ValueKind::integer)};
    return checksum_select(std::vector<Column>{column(kind, type)}, key, same_servers).has_value();
  };
  for (const bool same : {true, false}) {
    CHECK(made(ValueKind::integer, "bit(64)", same));
    CHECK(made(ValueKind::decimal, "decimal(10,2)", same));
    CHECK(made(ValueKind::plain, "datetime(6)", same));
    CHECK(made(ValueKind::text, "longtext", same));
    CHECK(made(ValueKind::binary, "binary(4)", same));
    CHECK_FALSE(made(ValueKind::geometry, "point", same));
    CHECK_FALSE(made(ValueKind::binary, "vector(3)", same));
    CHECK(made(ValueKind::floating, "double", same) == same);
    CHECK(made(ValueKind::json, "json", same) == same);
    CHECK(made(ValueKind::plain, "uuid", same) == same);
  }
}

// Which are NULL, the values without a comma, the lengths of texts, the texts.
TEST_CASE("ARowsTextTellsItsValuesApart") {
  std::vector<Column> columns(4);
  for (Column& one : columns) {
    one = column(ValueKind::text, "varchar(9)", "utf8mb4");
    one.collation = "one";
  }
  for (const std::size_t i : {1U, 2U}) columns[i].nullable = true;
  columns[1].kind = ValueKind::integer;
  columns[3].collation = "other";
  const std::string select = checksum_select(columns, std::span(columns).first(1), true).value();
  INFO(select);
  CHECK(select.find("CONCAT_WS(',',CONCAT(ISNULL(`c`),ISNULL(`c`)),`c`,LENGTH(`c`),LENGTH(`c`),`c`,`c`,"
                    "CAST(`c` AS BINARY))") != std::string::npos);
  CHECK(select.find("*(CRC32(CONCAT_WS(',',`c`))|1)") != std::string::npos);
}

TEST_CASE("LiteralsAreValidInEverySqlMode") {
  CHECK(literal(column(ValueKind::integer), "-5") == "-5");
  CHECK(literal(column(ValueKind::floating), "0.5") == "0.5e0");
  CHECK(literal(column(ValueKind::floating), "1e-3") == "1e-3");
  CHECK(literal(column(ValueKind::plain), "2026-11-21 01:02:03.5") == "'2026-11-21 01:02:03.5'");
  CHECK(literal(column(ValueKind::text, "text", "latin1"), "\xE9'") == "_latin1 x'E927'");
  CHECK(literal(column(ValueKind::text, "text", "latin1"), "\xC3\xA9", Form::characters) ==
        "_utf8mb4 x'C3A9'");
  CHECK(literal(column(ValueKind::binary), std::string_view("\0\xFF", 2)) == "x'00FF'");
  CHECK(literal(column(ValueKind::geometry), "4326 ab") == "ST_GeomFromWKB(x'6162',4326)");
  CHECK(literal(column(ValueKind::integer), std::nullopt) == "NULL");
}

TEST_CASE("LiteralsOfNoValueAreRefused") {
  const auto refused = [](ValueKind kind, std::string_view value) {
    try {
      literal(column(kind), value);
    } catch (const Error& error) {
      return error.code() == ExitCode::usage;
    }
    return false;
  };
  for (const char* value : {"", "x", "1 OR 1=1", "1.5", "--1", "0x10"})
    CHECK(refused(ValueKind::integer, value));
  for (const char* value : {"", ".", "1e5", "1.2.3"}) CHECK(refused(ValueKind::decimal, value));
  for (const char* value : {"", "nan", "inf", "1e", "1,5"}) CHECK(refused(ValueKind::floating, value));
  for (const char* value : {"'", "2026\\", "a;b", "\xC3\xA9"}) CHECK(refused(ValueKind::plain, value));
  CHECK(refused(ValueKind::geometry, "point"));
}

TEST_CASE("KeyRangesAreWrittenOut") {
  const Key key{{"`a`", "1"}, {"`b`", "2"}};
  CHECK(behind(std::span(key).first(1)) == "`a`>1");
  CHECK(behind(key) == "`a`>=1 AND (`a`>1 OR (`b`>2))");
  CHECK(up_to(key) == "`a`<=1 AND (`a`<1 OR (`b`<=2))");
  CHECK(any_of({key, {{"`a`", "NULL"}, {"`b`", "3"}}}) == "(`a`=1 AND `b`=2) OR (`a` IS NULL AND `b`=3)");
  CHECK(any_of({}) == "FALSE");
}

TEST_CASE("CatalogLinesComeBack") {
  Table table;
  table.schema = "app";
  table.name = "t";
  table.engine = "InnoDB";
  table.create = "CREATE TABLE `t` (\n  `id` int NOT NULL\n) ENGINE=InnoDB";
  table.columns = {column(ValueKind::integer, "int"), column(ValueKind::text, "text", "utf8mb4")};
  table.columns[1].name = "d";
  table.columns[1].generated = true;
  table.key_name = "PRIMARY";
  table.key = {"c"};
  table.transactional = true;
  Program program;
  program.kind = ProgramKind::package_body;
  program.schema = "app";
  program.name = "p";
  program.create = "CREATE PACKAGE BODY p";
  Catalog catalog;
  CHECK(take_line(catalog, to_json(Schema{"app", "utf8mb4", "utf8mb4_bin"})));
  CHECK(take_line(catalog, to_json(table)));
  CHECK(take_line(catalog, to_json(program)));
  CHECK_FALSE(take_line(catalog, {{"end", true}}));
  REQUIRE(catalog.schemas.size() == 1);
  CHECK(catalog.schemas[0].collation == "utf8mb4_bin");
  REQUIRE(catalog.tables.size() == 1);
  CHECK(catalog.tables[0].columns == table.columns);
  CHECK(catalog.tables[0].stored_columns().size() == 1);
  CHECK(catalog.tables[0].key == table.key);
  CHECK(catalog.tables[0].create == table.create);
  REQUIRE(catalog.programs.size() == 1);
  CHECK(catalog.programs[0].kind == ProgramKind::package_body);
}

TEST_CASE("CountersAreNoPartOfADefinition") {
  CHECK(without_counter(
            "CREATE TABLE `t` (\n  `a` int COMMENT ' AUTO_INCREMENT=5'\n) ENGINE=InnoDB AUTO_INCREMENT=17 "
            "DEFAULT CHARSET=utf8mb4") ==
        "CREATE TABLE `t` (\n  `a` int COMMENT ' AUTO_INCREMENT=5'\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4");
}

TEST_CASE("TheCounterOfADefinitionIsAnOptionAndNoComment") {
  const std::string columns = "CREATE TABLE `t` (\n  `a` int COMMENT ' AUTO_INCREMENT=5'\n) ENGINE=InnoDB";
  CHECK(shown_counter(columns + " AUTO_INCREMENT=17 DEFAULT CHARSET=utf8mb4") == 17);
  CHECK(shown_counter(columns + " AUTO_INCREMENT=18446744073709551615") == 18446744073709551615U);
  CHECK(shown_counter(columns + " DEFAULT CHARSET=utf8mb4") == std::nullopt);
  CHECK(shown_counter(columns + " COMMENT='then AUTO_INCREMENT=7'") == std::nullopt);
  CHECK(without_counter(columns + " COMMENT='then AUTO_INCREMENT=7'") ==
        columns + " COMMENT='then AUTO_INCREMENT=7'");
  CHECK(without_counter("") == "");
}
