// Any bytes as a general query log file, under each sql_mode, of a server that logs what it could not parse
// and of one that does not: rows lie one behind the other and cover the file up to where the reader stops,
// none ends inside quotes, and neither the pieces nor a stop between two rows change what comes out.
#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "extractor/file_log/local_clock.h"
#include "extractor/file_log/log_head.h"
#include "extractor/file_log/log_note.h"
#include "extractor/file_log/row_reader.h"
#include "tests/fuzz/forged_log.h"
#include "tests/fuzz/fuzz.h"

using namespace dw::extract;
using dw::fuzz::lexer_says_open;
using dw::fuzz::require;

namespace {

struct Row {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  dw::Micros time = 0;
  std::uint64_t thread = 0;
  std::string command;
  std::string text;
  std::string user_host;
  bool operator==(const Row&) const = default;
};

struct Reading {
  std::vector<Row> rows;
  std::uint64_t stop = 0;  // where the reader stands at the end
  bool doubt = false;
  bool operator==(const Reading&) const = default;
};

RowReaderSettings settings_of(QuoteModes mode, bool raw) {
  RowReaderSettings settings;
  settings.to_utc = utc_of;
  settings.global_modes = mode;
  settings.logs_raw = raw;
  settings.events_run = !raw;
  return settings;
}

Row row_of(const LogRow& row) {
  return {row.index,
          row.next_index,
          row.time,
          row.thread_id,
          std::string(row.command_type),
          std::string(row.text),
          std::string(row.user_host)};
}

// `piece()`: how many bytes more the reader gets. At most `count` rows.
template <typename Piece>
Reading read(RowReader& reader, std::string_view log, Piece piece, std::size_t count = SIZE_MAX) {
  Reading out;
  std::size_t known = std::min<std::size_t>(reader.offset() + piece(), log.size());
  while (out.rows.size() < count) {
    const std::string_view window = log.substr(reader.offset(), known - reader.offset());
    const auto step = reader.next(window, known == log.size());
    out.stop = reader.offset();
    if (step == RowReader::Step::row) {
      out.rows.push_back(row_of(reader.row()));
    } else if (step == RowReader::Step::need_more) {
      require(known < log.size(), "at the end nothing more is wanted");
      known = std::min(known + piece(), log.size());
    } else {
      out.doubt = step == RowReader::Step::doubt;
      const Doubt& doubt = reader.doubt();
      require(!out.doubt || (doubt.row <= doubt.line && doubt.line <= log.size() && !doubt.why.empty()),
              "a doubt says where and why");
      break;
    }
  }
  return out;
}

void check_server_lines(std::string_view between) {
  while (!between.empty()) {
    const auto lines = parse_server_lines(between);
    require(lines.has_value(), "between two rows are a server's lines and nothing else");
    between.remove_prefix(lines->length);
  }
}

// Whether the text ends outside of quotes and comments in some mode. Nothing is said of a text with a $.
bool may_be_whole(const Row& row) {
  if (row.command != "Query" && row.command != "Execute" && row.command != "Prepare") return true;
  if (row.text.find('$') != std::string::npos) return true;
  const auto ends = [&](QuoteModes mode) { return !lexer_says_open(row.text + "\n", mode); };
  return ends(kPlain) || ends(kAnsiQuotes) || ends(kNoBackslash);
}

void check_rows(std::string_view log, const Reading& reading) {
  std::size_t covered = 0;
  for (const Row& row : reading.rows) {
    require(row.begin >= covered && row.end > row.begin && row.end <= log.size(), "offsets ascend");
    check_server_lines(log.substr(covered, row.begin - covered));
    const std::string_view bytes = log.substr(row.begin, row.end - row.begin);
    require(bytes.back() == '\n' && bytes.substr(0, bytes.size() - 1).ends_with(row.text),
            "a row's text is the last of it");
    const auto header = parse_row_header(bytes);
    require(header && header->known_command && header->command == row.command &&
                header->thread_id == row.thread && header->length + row.text.size() + 1 == bytes.size(),
            "a row is its header and its text");
    require(may_be_whole(row), "no row ends inside quotes");
    covered = row.end;
  }
  check_server_lines(log.substr(covered, reading.stop - covered));
  require(reading.doubt || reading.stop == log.size(), "what is not in doubt is read to its end");
}

// A run that ends behind `count` rows leaves a note, with which the next one goes on.
void check_going_on(std::string_view log, const RowReaderSettings& settings, const Reading& whole,
                    std::size_t count) {
  const auto all = [&] { return log.size(); };
  RowReader first(settings, LogState(settings.global_modes), 0);
  read(first, log, all, count);
  first.accept();
  const LogNote note{"f", first.offset(), first.state()};
  const auto kept = read_log_note(log_note_text(note, settings.global_modes), settings.global_modes);
  require(kept && kept->offset == note.offset, "a note comes back");
  RowReader next(settings, kept->state, kept->offset);
  Reading rest = read(next, log, all);
  rest.rows.insert(rest.rows.begin(), whole.rows.begin(),
                   whole.rows.begin() + static_cast<std::ptrdiff_t>(count));
  require(rest == whole, "a stop between two rows changes nothing");
}

void check(std::string_view log, const RowReaderSettings& settings) {
  RowReader at_once(settings, LogState(settings.global_modes), 0);
  const Reading whole = read(at_once, log, [&] { return log.size(); });
  check_rows(log, whole);
  std::minstd_rand random(static_cast<unsigned>(log.size()) + 1);
  const std::size_t longest = random() % 4 == 0 ? 3 : 200;
  RowReader in_pieces(settings, LogState(settings.global_modes), 0);
  require(read(in_pieces, log, [&] { return 1 + random() % longest; }) == whole, "the pieces do not matter");
  check_going_on(log, settings, whole, whole.rows.empty() ? 0 : random() % (whole.rows.size() + 1));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool kReady = (set_wall_clock("UTC"), true);
  require(kReady, "the clock is set");
  const std::string_view log(reinterpret_cast<const char*>(data), size);
  for (const QuoteModes mode : {kPlain, kAnsiQuotes, kNoBackslash}) {
    for (const bool raw : {false, true}) check(log, settings_of(mode, raw));
  }
  const auto head = read_head(log.substr(0, kMostHead), true);
  require(!head || !head->fingerprint.empty(), "a head has a fingerprint");
  return 0;
}
