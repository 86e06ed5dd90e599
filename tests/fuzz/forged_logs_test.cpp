// Logs made by hand to deceive the reader (forged_logs/): each with what must come out of it, and nothing
// else.
//
// NAME.expected has a line each for
//   # why, for people
//   option sql_mode=… | log_raw=yes | events_run=yes | decided=OFFSET:row|text
//   row THREAD COMMAND: text        with \n, \t, \\ and \xHH
//   end | stop OFFSET               the offset of the line in doubt

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "extractor/file_log/local_clock.h"
#include "extractor/file_log/row_reader.h"
#include "tests/support/catch.h"
#include "tests/support/temp_dir.h"

using namespace dw::extract;

namespace {

std::string escaped(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\\') {
      out += "\\\\";
    } else if (byte < 0x20 || byte >= 0x7F) {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

void set_option(RowReaderSettings& settings, const std::string& option) {
  const std::string value = option.substr(option.find('=') + 1);
  if (option.starts_with("sql_mode=")) {
    settings.global_modes = quote_modes_of(value);
  } else if (option.starts_with("log_raw=")) {
    settings.logs_raw = value == "yes";
  } else if (option.starts_with("events_run=")) {
    settings.events_run = value == "yes";
  } else if (option.starts_with("decided=")) {
    settings.decided[std::stoull(value)] = value.ends_with(":row") ? LineIs::row : LineIs::text;
  } else {
    throw std::runtime_error("unknown option " + option);
  }
}

struct Expectation {
  RowReaderSettings settings;
  std::string lines;
};

Expectation read_expectation(const std::filesystem::path& path) {
  Expectation out;
  out.settings.to_utc = utc_of;
  out.settings.events_run = false;
  std::istringstream in(dw::test::read_file(path));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("option ")) {
      set_option(out.settings, line.substr(7));
    } else if (!line.starts_with("#")) {
      out.lines += line + "\n";
    }
  }
  return out;
}

// `piece`: how many bytes the reader gets at a time.
std::string read_log(const RowReaderSettings& settings, const std::string& log, std::size_t piece) {
  RowReader reader(settings, LogState(settings.global_modes), 0);
  std::string out;
  std::size_t known = std::min(piece, log.size());
  for (;;) {
    const auto window = std::string_view(log).substr(reader.offset(), known - reader.offset());
    switch (reader.next(window, known == log.size())) {
      case RowReader::Step::row:
        out += "row " + std::to_string(reader.row().thread_id) + " " +
               std::string(reader.row().command_type) + ": " + escaped(reader.row().text) + "\n";
        break;
      case RowReader::Step::need_more:
        REQUIRE(known < log.size());
        known = std::min(known + piece, log.size());
        break;
      case RowReader::Step::end:
        return out + "end\n";
      case RowReader::Step::doubt:
        return out + "stop " + std::to_string(reader.doubt().line) + "\n";
    }
  }
}

}  // namespace

TEST_CASE("a forged log gives what is known to be true of it, and nothing else") {
  set_wall_clock("UTC");
  std::vector<std::filesystem::path> logs;
  for (const auto& entry : std::filesystem::directory_iterator(DW_FORGED_LOGS)) {
    if (entry.path().extension() == ".log") logs.push_back(entry.path());
  }
  std::sort(logs.begin(), logs.end());
  REQUIRE(logs.size() >= 30);
  for (const auto& path : logs) {
    INFO(path.filename().string());
    auto expected_path = path;
    const Expectation expected = read_expectation(expected_path.replace_extension(".expected"));
    const std::string log = dw::test::read_file(path);
    CHECK(read_log(expected.settings, log, log.size() + 1) == expected.lines);
    CHECK(read_log(expected.settings, log, 7) == expected.lines);
  }
}
