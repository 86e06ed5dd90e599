#include <nlohmann/json.hpp>

#include "extractor/reading/chunk_size.h"
#include "extractor/reading/line_stream.h"
#include "extractor/reading/read_request.h"
#include "extractor/request.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::extract;

namespace {

class TextSink : public ByteSink {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  void flush() override { ++flushes; }
  std::string text;
  int flushes = 0;
};

bool is_refused(const std::string& body) {
  try {
    parse_read_request(body);
  } catch (const RequestError& error) {
    return error.code() == ExitCode::usage && error.name() == "bad_request";
  }
  return false;
}

rows::Table table_with_key() {
  rows::Table table;
  table.schema = "app";
  table.name = "t";
  for (const char* name : {"a", "b"}) {
    rows::Column& column = table.columns.emplace_back();
    column.name = name;
    column.type = "int";
    column.kind = rows::ValueKind::integer;
    table.key.emplace_back(name);
  }
  return table;
}

}  // namespace

TEST_CASE("ReadRequestsNameKeysAndRanges") {
  const auto items = parse_read_request(
      R"({"format":1,"read":[{"schema":"app","table":"t","keys":[["5"],[{"hex":"00fF"}],[null],[7]]},
          {"schema":"app","table":"t","key":["a"],"after":["1"],"through":["9"],"want":"digest","columns":["a"]}]})");
  REQUIRE(items.size() == 2);
  REQUIRE(items[0].keys);
  REQUIRE(items[0].keys->size() == 4);
  CHECK(items[0].keys->at(0)[0].form == rows::Form::characters);
  CHECK(items[0].keys->at(1)[0].bytes == std::string("\0\xFF", 2));
  CHECK(items[0].keys->at(1)[0].form == rows::Form::stored);
  CHECK(items[0].keys->at(2)[0].bytes == std::nullopt);
  CHECK(items[0].keys->at(3)[0].bytes == "7");
  CHECK_FALSE(items[1].keys);
  CHECK(items[1].digest);
  CHECK(items[1].through[0].bytes == "9");
}

TEST_CASE("BadReadRequestsAreRefused") {
  for (const char* body :
       {"", "[]", "{}", R"({"format":2,"read":[]})", R"({"format":1})", R"({"format":1,"read":[5]})",
        R"({"format":1,"read":[{"schema":"app"}]})",
        R"({"format":1,"read":[{"schema":"app","table":"t","wat":1}]})",
        R"({"format":1,"read":[{"schema":"app","table":"t","want":"all"}]})",
        R"({"format":1,"read":[{"schema":"app","table":"t","want":"checksum"}]})",
        R"({"format":1,"read":[{"schema":"app","table":"t","want":"checksum","other":"oracle"}]})",
        R"({"format":1,"read":[{"schema":"app","table":"t","keys":[[]]}]})",
        R"({"format":1,"read":[{"schema":"app","table":"t","keys":[[1.5]]}]})",
        R"({"format":1,"read":[{"schema":"app","table":"t","keys":[[{"hex":"0"}]]}]})",
        R"({"format":1,"read":[{"schema":"app","table":"t","keys":[[{"oct":"0"}]]}]})",
        R"({"format":1,"read":[{"schema":"app","table":"t","keys":[["1"]],"after":["1"]}]})"}) {
    INFO(body);
    CHECK(is_refused(body));
  }
}

TEST_CASE("KeysOfARequestAreCheckedAgainstTheTable") {
  const rows::Table table = table_with_key();
  CHECK(to_key(table, table.key, {{"1"}, {"2"}}).size() == 2);
  CHECK_THROWS_AS(to_key(table, table.key, {{"1"}, {"2"}, {"3"}}), RequestError);
  CHECK_THROWS_AS(to_key(table, table.key, {{"1 OR 1"}}), Error);
  CHECK_THROWS_AS(to_key(table, {"nosuch"}, {{"1"}}), Error);
}

TEST_CASE("ChunksOfLongRowsBeginShort") {
  CHECK(ChunkSize(0.5, 1U << 20U).rows() == 16);
  CHECK(ChunkSize(0.5, 100).rows() == ChunkSize(0.5).rows());
  CHECK(ChunkSize(0.5, 1U << 30U).rows() == 1);
}

TEST_CASE("RowsMayBeBounded") {
  CHECK(parse_read_request(R"({"format":1,"read":[{"schema":"a","table":"t","most_bytes":8}]})")[0]
            .most_bytes == 8);
  CHECK(is_refused(R"({"format":1,"read":[{"schema":"a","table":"t","most_bytes":"8"}]})"));
  CHECK(is_refused(R"({"format":1,"read":[{"schema":"a","table":"t","most_bytes":-8}]})"));
}

TEST_CASE("ChunksFollowTheTimeTarget") {
  ChunkSize size(0.5);
  const auto first = size.rows();
  size.learn(first, first * 100, 0.001);
  CHECK(size.rows() == first * 4);  // grows by steps
  for (int i = 0; i < 20; ++i)
    size.learn(size.rows(), size.rows() * 100, static_cast<double>(size.rows()) / 50'000);
  CHECK(size.rows() == 25'000);  // half a second at 50,000 rows a second
  size.learn(25'000, 2'500'000, 5);
  CHECK(size.rows() == 2'500);  // and shrinks at once
  size.learn(2'500, 2'500'000'000, 0.5);
  CHECK(size.rows() < 20);  // rows of a megabyte
  size.learn(1, 1, 1'000);
  CHECK(size.rows() == 1);
}

TEST_CASE("AnswersEndWithTheNumberOfTheirLines") {
  TextSink sink;
  LineStream out(sink);
  out.line({{"format", 1}});
  out.out() += R"(["x"])";
  out.row_done();
  out.flush();
  CHECK(sink.text == "{\"format\":1}\n[\"x\"]\n");
  CHECK(sink.flushes == 1);
  out.finish();
  CHECK(sink.text == "{\"format\":1}\n[\"x\"]\n{\"end\":true,\"lines\":2}\n");
}
