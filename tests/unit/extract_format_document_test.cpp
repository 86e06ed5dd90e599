// common/log/batch_format.md: its worked example is a batch that the program accepts.
#include <filesystem>

#include "common/log/batch.h"
#include "common/util/files.h"
#include "tests/support/catch.h"

TEST_CASE("WorkedExampleOfTheFormatDocumentIsReal") {
  const auto root = std::filesystem::path(DW_SOURCE_FOLDER);
  const std::string document = dw::read_file(root / "common/log/batch_format.md", "format document");
  const std::string fence = "```json\n";
  const std::size_t begin = document.find(fence) + fence.size();
  const dw::Batch batch = dw::decode_batch(document.substr(begin, document.find("```", begin) - begin));
  REQUIRE(batch.events.size() == 4);
  CHECK(batch.events[2].text == "insert into order_notes(raw) values(_binary '\xff\xfe')");
  CHECK(batch.events[3].user_host == "shop[shop] @ localhost []");
  CHECK(batch.header.dropped.at("read") == 1);
}
