// Texts of log rows: MariaDB's way of writing bytes is undone, and the filter never drops a statement that
// changes a mirrored schema, whatever stands before it.
#include <algorithm>
#include <string>
#include <string_view>

#include "common/log/batch.h"
#include "extractor/filter.h"
#include "extractor/mariadb_text.h"
#include "tests/fuzz/fuzz.h"

using namespace dw;
using namespace dw::extract;
using dw::fuzz::require;

namespace {

// Bytes of a character of utf8mb3 at the front; 0: none is there.
std::size_t utf8mb3_character(std::string_view bytes) {
  for (std::size_t length = 1; length <= std::min<std::size_t>(3, bytes.size()); ++length) {
    if (is_utf8(bytes.substr(0, length))) return length;
  }
  return 0;
}

// As MariaDB's log table holds them (facts.md, "What a row is").
std::string as_logged(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  while (!bytes.empty()) {
    const std::size_t length = utf8mb3_character(bytes);
    if (length == 0) {
      const auto byte = static_cast<unsigned char>(bytes.front());
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += bytes.substr(0, length);
    }
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

void check_bytes(std::string_view bytes) {
  const std::string back = original_bytes(bytes);
  require(back.size() <= bytes.size(), "bytes are shorter than what stands for them");
  // A backslash of the client's own, before such a byte or before an x, can be read in two ways.
  if (bytes.find('\\') == std::string_view::npos) {
    require(original_bytes(as_logged(bytes)) == bytes, "bytes come back as they were");
    require(back == bytes, "where nothing was written so, nothing changes");
  }
}

LogRow row(std::string_view text, std::string_view command = "Query") {
  LogRow out;
  out.user_host = "shop[shop] @ h []";
  out.thread_id = 7;
  out.command_type = command;
  out.text = text;
  return out;
}

void check_filter(std::string_view text) {
  Filter filter({{"app"}, "dwx", false});
  Filter fresh = filter;
  const Verdict verdict = filter.judge(row(text));
  require(fresh.judge(row(text)) == verdict, "the same row gets the same verdict");
  require(verdict != Verdict::own && verdict != Verdict::rds, "a row of another user is not ours");
  const sql::Statement statement = sql::classify(text);
  if (!statement.self_contained || statement.cls == sql::StatementClass::unparsed) return;
  const std::string more = std::string(statement.text) + ";DELETE FROM app.t";
  require(filter.judge(row(more)) == Verdict::keep, "a change behind another statement is kept");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_bytes(text);
  check_filter(text);
  Filter filter({{"app"}, "dwx", true});
  filter.judge(row(text, "Connect"));
  filter.judge(row(text, "Init DB"));
  filter.judge(row(text, text.substr(0, 12)));
  const ConnectDatabase database = database_of_connect(text);
  require(database.name.size() <= text.size() && user_of(text).size() <= text.size(), "views into the text");
  return 0;
}
