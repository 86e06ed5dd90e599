// Rows out of the bytes of a general query log file. Pure: bytes in, rows out.
//
// The file has no escaping: a client can write a line that looks exactly like a row, inside a literal, a
// comment, a name. A line is believed to be a row only where the text before it can end; README, "Log files",
// tells what that proves on which server. Where it is not clear the reader stops in front of the row whose
// end is in doubt, and names the line: nothing behind it comes out. An operator who has looked at the line
// decides
// (`decided`).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "extractor/file_log/row_header.h"
#include "extractor/file_log/sessions.h"
#include "extractor/file_log/statement_scanner.h"
#include "extractor/log_source.h"

namespace dw::extract {

enum class LineIs : std::uint8_t { row, text };

struct RowReaderSettings {
  // UTC of a local row's time; `previous`: the last row's, to choose where a clock was set back.
  std::function<Micros(const LocalTime&, Micros previous)> to_utc;
  QuoteModes global_modes = kPlain;         // of sessions that have just connected
  bool logs_raw = false;                    // MySQL's log_raw: statements are logged unparsed
  bool events_run = true;                   // the event scheduler: its sessions have no Connect row
  std::map<std::uint64_t, LineIs> decided;  // lines in doubt, by their offset
};

// What reading a file leaves for reading on, in it or in the next one.
struct LogState {
  explicit LogState(QuoteModes global) : sessions(global) {}
  Sessions sessions;
  Micros time = 0;      // of the last row
  Micros dated = 0;     // of the last row that has its own; 0: none since the server's lines
  std::string version;  // of the server that wrote the last header lines; "" when none were seen
};

struct Doubt {
  std::uint64_t row = 0;   // offset of the row whose end is in doubt
  std::uint64_t line = 0;  // offset of the line that may be a row
  std::string why;
};

class RowReader {
 public:
  enum class Step : std::uint8_t {
    row,        // row() is the next one; the window begins at offset() now
    need_more,  // the window ends within a row
    end,        // at the end, and there is nothing left over
    doubt,      // doubt() says where; asking again gives the same
  };

  RowReader(RowReaderSettings settings, LogState state, std::uint64_t offset);

  // `window`: the file's bytes from offset() on, as far as they are at hand; each call may bring more of
  // them. `at_end`: nothing follows them, and nothing ever will.
  Step next(std::string_view window, bool at_end);

  // Its views live as long as the window that it was found in, which must stay until the next call.
  [[nodiscard]] const LogRow& row() const { return row_; }
  // Makes the row part of state(). next() does so by itself: this is for who looks at the state in between.
  void accept();
  [[nodiscard]] const Doubt& doubt() const { return doubt_; }
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] const LogState& state() const { return state_; }
  LogState take_state() && { return std::move(state_); }

 private:
  enum class Verdict : std::uint8_t { row, text, doubt };
  enum class Start : std::uint8_t { row, need_more, end, doubt };
  struct Line {  // one that may be the end of the row before it
    std::size_t at = 0;
    std::optional<RowHeader> header;  // none: a server's lines, or the file's end
    bool refused = false;             // a login: "Access denied for …"
    std::string version;              // a server's lines: what they name
  };
  struct Variant {
    ScanRules rules;
    QuoteModes mode;
    StatementScanner scanner;
    std::size_t scanned = 0;
  };

  Start start_row(std::string_view window, bool at_end);
  [[nodiscard]] std::optional<RowHeader> header_at(std::string_view rest) const;
  Step find_end(std::string_view window, bool at_end);
  // Whether a row or a server's lines may begin at `at`; nullopt when more bytes are needed to say.
  std::optional<bool> looks_like_row(std::string_view window, std::size_t at, bool at_end, Line& line) const;
  Verdict judge(std::string_view window, const Line& line);
  Verdict judge_statement(std::string_view window, const Line& line);
  Verdict judge_connect(std::string_view text);
  // Why no server would write the row there; "" when one would.
  [[nodiscard]] std::string impossible(const RowHeader& header) const;
  Verdict judge_inside(const Line& line);
  Verdict judge_outside(std::string_view text, const Line& line);
  std::optional<bool> open_at(std::string_view window, std::size_t end);
  [[nodiscard]] std::optional<LineIs> decided(std::uint64_t place) const;
  Step at_cut(std::string_view window, std::string why);
  Verdict in_doubt(std::string why);
  Step stop(std::size_t line);
  Step finish_row(std::string_view window, std::size_t end);
  [[nodiscard]] std::string user_host_of(std::string_view text) const;
  void learn(std::string_view text);
  [[nodiscard]] bool raw() const;

  RowReaderSettings settings_;
  LogState state_;
  std::uint64_t offset_;
  LogRow row_;
  Doubt doubt_;

  bool accepted_ = true;  // row_ is part of the state

  // The row that the window begins with.
  bool started_ = false;
  RowHeader header_;
  std::optional<RowHeader> ahead_;  // of the row behind, at ahead_at_; its command's view is stale
  std::uint64_t ahead_at_ = 0;
  std::string command_;
  std::size_t text_at_ = 0;  // in the window, like the next
  std::size_t line_at_ = 0;  // where the line begins that is looked at
  StatementScanner scanner_;
  std::vector<Variant> variants_;
  std::string why_;
  Micros row_time_ = 0;
  Micros row_dated_ = 0;
  std::string user_host_;  // of row_, whose session may be gone by then
};

}  // namespace dw::extract
