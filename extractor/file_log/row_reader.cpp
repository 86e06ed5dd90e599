#include "extractor/file_log/row_reader.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "extractor/file_log/statement_tail.h"

namespace dw::extract {
namespace {

// A row gets its time before it gets the log's lock.
constexpr Micros kRowTimeWaver = 2'000'000;
constexpr std::size_t kLongestStatement = std::size_t{1} << 30;  // max_allowed_packet's own limit

constexpr std::string_view kAccessDenied = "Access denied for ";

bool is_statement(std::string_view command) {
  return command == "Query" || command == "Execute" || command == "Prepare";
}

bool is_connect(std::string_view command) {
  return command == "Connect" || command == "Change user";
}

}  // namespace

RowReader::RowReader(RowReaderSettings settings, LogState state, std::uint64_t offset)
    : settings_(std::move(settings)), state_(std::move(state)), offset_(offset) {}

// Without header lines it is not known who writes: a dated row of 5.7 or later is MySQL's.
bool RowReader::raw() const {
  if (settings_.logs_raw) return true;
  return state_.version.empty() ? header_.style != RowStyle::iso : logs_unparsed_statements(state_.version);
}

RowReader::Step RowReader::next(std::string_view window, bool at_end) {
  accept();
  if (!started_) {
    switch (start_row(window, at_end)) {
      case Start::row:
        break;
      case Start::need_more:
        return Step::need_more;
      case Start::end:
        return Step::end;
      case Start::doubt:
        return Step::doubt;
    }
    // Header lines may have been passed over.
    if (line_at_ != 0) {
      window.remove_prefix(line_at_);
      line_at_ = 0;
    }
  }
  return find_end(window, at_end);
}

RowReader::Start RowReader::start_row(std::string_view window, bool at_end) {
  std::size_t at = 0;
  line_at_ = 0;
  for (;;) {
    const std::string_view rest = window.substr(at);
    if (rest.empty()) return at_end ? Start::end : Start::need_more;
    const auto header = header_at(rest);
    if (header && header->known_command) {
      header_ = *header;
      break;
    }
    if (const auto server = parse_server_lines(rest.substr(0, kMostServerLines))) {
      at += server->length;
      offset_ += server->length;
      state_.version = server->version;
      state_.dated = 0;
      state_.sessions.server_lines();
      line_at_ = at;
      continue;
    }
    const bool cut = rest.size() < kMostHeader && rest.find('\n') == std::string_view::npos;
    if (!at_end && (cut || may_be_server_lines(rest))) return Start::need_more;
    const std::size_t newline = rest.find('\n');
    if (decided(offset_) == LineIs::text && newline != std::string_view::npos) {
      at += newline + 1;
      offset_ += newline + 1;
      line_at_ = at;
      continue;
    }
    doubt_ = {offset_, offset_, "no row begins there"};
    return Start::doubt;
  }
  command_ = header_.command;
  text_at_ = header_.length;
  row_time_ = state_.time;
  if (header_.time) row_time_ = *header_.time;
  row_dated_ = state_.dated;
  if (header_.local_time) row_time_ = row_dated_ = settings_.to_utc(*header_.local_time, state_.time);
  scanner_ = StatementScanner();
  variants_.clear();
  started_ = true;
  line_at_ = at;
  return Start::row;
}

// The header at offset_, which the end of the row before has mostly been told by.
std::optional<RowHeader> RowReader::header_at(std::string_view rest) const {
  if (!ahead_ || ahead_at_ != offset_ || rest.size() < ahead_->length) return parse_row_header(rest);
  RowHeader header = *ahead_;
  header.command = rest.substr(header.length - 1 - header.command.size(), header.command.size());
  return header;
}

RowReader::Step RowReader::find_end(std::string_view window, bool at_end) {
  if (line_at_ < text_at_) line_at_ = text_at_;
  for (;;) {
    const std::size_t newline = window.find('\n', line_at_);
    if (newline == std::string_view::npos) {
      if (!at_end) return window.size() > kLongestStatement ? stop(line_at_) : Step::need_more;
      return at_cut(window, "the file ends within a row");
    }
    Line line;
    line.at = newline + 1;
    const auto row = looks_like_row(window, line.at, at_end, line);
    if (!row) return Step::need_more;
    if (is_statement(command_)) scanner_.feed(window.substr(line_at_, newline + 1 - line_at_));
    line_at_ = line.at;
    if (!*row) continue;
    switch (judge(window, line)) {
      case Verdict::row:
        ahead_ = line.header;
        ahead_at_ = offset_ + line.at;
        return finish_row(window, line.at - 1);
      case Verdict::text:
        break;
      case Verdict::doubt:
        return stop(line.at);
    }
    if (line.at == window.size()) {
      return at_cut(window, "the file ends within a statement");
    }
  }
}

std::optional<bool> RowReader::looks_like_row(std::string_view window, std::size_t at, bool at_end,
                                              Line& line) const {
  const std::string_view rest = window.substr(at);
  if (rest.empty()) return at_end ? std::optional(true) : std::nullopt;
  const bool by_row = rest.front() == '\t' || (rest.front() >= '0' && rest.front() <= '9');
  if (by_row) {
    const bool cut = rest.size() < kMostHeader && rest.find('\n') == std::string_view::npos;
    if (cut && !at_end) return std::nullopt;
    line.header = parse_row_header(rest);
    // A server goes on as it began; another style can only follow other header lines.
    if (line.header && line.header->style != header_.style) line.header.reset();
    if (line.header) line.refused = rest.substr(line.header->length).starts_with(kAccessDenied);
    return line.header.has_value();
  }
  if (auto server = parse_server_lines(rest.substr(0, kMostServerLines))) {
    line.version = std::move(server->version);
    return true;
  }
  const bool ends_well = rest.size() < kMostServerLines && may_be_server_lines(rest);
  return ends_well && !at_end ? std::nullopt : std::optional(false);
}

std::optional<LineIs> RowReader::decided(std::uint64_t place) const {
  const auto found = settings_.decided.find(place);
  return found == settings_.decided.end() ? std::nullopt : std::optional(found->second);
}

// A row that the file's end cuts off is taken as it is, or left out, if somebody says so.
RowReader::Step RowReader::at_cut(std::string_view window, std::string why) {
  const auto told = decided(offset_ + window.size());
  if (told == LineIs::row) return finish_row(window, window.size());
  if (told == LineIs::text) {
    offset_ += window.size();
    started_ = false;
    return Step::end;
  }
  why_ = std::move(why);
  return stop(window.size());
}

RowReader::Verdict RowReader::in_doubt(std::string why) {
  why_ = std::move(why);
  return Verdict::doubt;
}

RowReader::Verdict RowReader::judge(std::string_view window, const Line& line) {
  if (const auto told = decided(offset_ + line.at))
    return *told == LineIs::row ? Verdict::row : Verdict::text;
  if (is_statement(command_)) return judge_statement(window, line);
  const std::string_view text = window.substr(text_at_, line.at - 1 - text_at_);
  if (is_connect(command_)) {
    const Verdict verdict = judge_connect(text);
    return verdict == Verdict::row ? judge_outside(text, line) : verdict;
  }
  if (text.find('\n') != std::string_view::npos) return in_doubt("a " + command_ + " row has several lines");
  return judge_outside(text, line);
}

// Its text is what the client said before it had logged in: any bytes, in front of what the server adds.
RowReader::Verdict RowReader::judge_connect(std::string_view text) {
  const bool several = text.find('\n') != std::string_view::npos;
  if (ends_like_connect(text)) {
    return several ? in_doubt("a user or database name has several lines") : Verdict::row;
  }
  if (adds_connection_type(state_.version)) return Verdict::text;
  return several ? in_doubt("a user or database name has several lines") : Verdict::row;
}

RowReader::Verdict RowReader::judge_statement(std::string_view window, const Line& line) {
  const auto open = open_at(window, line.at);
  if (!open) {
    return in_doubt(
        "whether the statement before it ends there hangs on the session's sql_mode or on the "
        "server's version");
  }
  if (*open) return judge_inside(line);
  return judge_outside(window.substr(text_at_, line.at - 1 - text_at_), line);
}

// Behind an open quote or comment. Where only statements that make sense are logged it is text.
RowReader::Verdict RowReader::judge_inside(const Line& line) {
  if (!raw()) return Verdict::text;
  if (line.header && !impossible(*line.header).empty()) return Verdict::text;
  return in_doubt("the statement before it is not complete, and this server logs such statements");
}

RowReader::Verdict RowReader::judge_outside(std::string_view text, const Line& line) {
  if (is_statement(command_) && ends_in_connection_type(text))
    return in_doubt("the statement before it ends as a Connect row does");
  if (!line.header) {
    // Lines of another server would change what is believed of the rows behind them.
    const bool other = !line.version.empty() && line.version != state_.version;
    return other && raw() ? in_doubt("it names another version of the server") : Verdict::row;
  }
  const RowHeader& header = *line.header;
  if (!header.known_command) return in_doubt("its command is unknown");
  // `select 1,` newline `99 Quit` is one statement: Quit is a name there.
  if (header.style == RowStyle::local && is_statement(command_) &&
      number_may_follow(text, scanner_.saw_comment()))
    return in_doubt("the statement before it can go on there");
  const bool just_connected = command_ == "Connect" && header_.thread_id == header.thread_id;
  if (header.command == "Connect" && !line.refused &&
      (just_connected || state_.sessions.cannot_connect(header.thread_id)))
    return in_doubt("its session has connected already");
  if (raw() && !impossible(header).empty()) return in_doubt(impossible(header));
  return Verdict::row;
}

// MariaDB and MySQL before 5.7 give a row its time only where the second is another than in the row before.
std::string RowReader::impossible(const RowHeader& header) const {
  if (header.local_time) {
    const Micros previous = row_dated_;
    const Micros time = settings_.to_utc(*header.local_time, previous);
    if (previous != 0 && time == previous)
      return "its time is that of the row before, and would not be written";
    if (time + kRowTimeWaver < previous) return "its time is before that of the row before";
  }
  const bool nobodys = header.command != "Connect" && !settings_.events_run &&
                       state_.sessions.state(header.thread_id) == SessionState::unknown &&
                       header.thread_id != header_.thread_id;
  return nobodys ? "its session has not connected" : "";
}

// Under every rule that the session may be read by; nullopt when they disagree.
std::optional<bool> RowReader::open_at(std::string_view window, std::size_t end) {
  const QuoteModes modes = scanner_.saw_backslash() ? state_.sessions.modes(header_.thread_id) : kPlain;
  const bool more = modes != kPlain || scanner_.saw_version_comment() || scanner_.saw_dollar();
  if (!more) return scanner_.open();
  if (variants_.empty()) {
    for (const QuoteModes mode : {kPlain, kAnsiQuotes, kNoBackslash}) {
      for (const bool skip : {false, true}) {
        for (const bool dollar : {false, true}) {
          const ScanRules rules{mode != kNoBackslash, mode == kPlain, skip, dollar};
          variants_.push_back({rules, mode, StatementScanner(rules), text_at_});
        }
      }
    }
  }
  std::optional<bool> answer;
  for (Variant& variant : variants_) {
    if ((variant.mode & modes) == 0) continue;
    if (variant.rules.skip_version_comments && !scanner_.saw_version_comment()) continue;
    if (variant.rules.dollar_quotes && !scanner_.saw_dollar()) continue;
    variant.scanner.feed(window.substr(variant.scanned, end - variant.scanned));
    variant.scanned = end;
    if (answer && *answer != variant.scanner.open()) return std::nullopt;
    answer = variant.scanner.open();
  }
  return answer;
}

RowReader::Step RowReader::stop(std::size_t line) {
  doubt_ = {offset_, offset_ + line, why_.empty() ? "the statement has no end" : why_};
  started_ = false;  // asked again, it starts from the row
  return Step::doubt;
}

RowReader::Step RowReader::finish_row(std::string_view window, std::size_t end) {
  const std::string_view text = window.substr(text_at_, end - text_at_);
  row_.index = offset_;
  row_.next_index = offset_ + std::min(end + 1, window.size());
  row_.time = row_time_;
  row_.thread_id = header_.thread_id;
  row_.command_type = window.substr(text_at_ - command_.size() - 1, command_.size());
  row_.text = text;
  user_host_ = user_host_of(text);
  row_.user_host = user_host_;
  accepted_ = false;
  offset_ = row_.next_index;
  started_ = false;
  return Step::row;
}

std::string RowReader::user_host_of(std::string_view text) const {
  if (is_connect(command_) && !text.starts_with(kAccessDenied)) return user_host_of_connect(text);
  return state_.sessions.user_host(header_.thread_id);
}

void RowReader::accept() {
  if (accepted_) return;
  accepted_ = true;
  state_.time = row_time_;
  state_.dated = row_dated_;
  learn(row_.text);
}

void RowReader::learn(std::string_view text) {
  Sessions& sessions = state_.sessions;
  const std::uint64_t id = header_.thread_id;
  if (is_connect(command_) && text.starts_with(kAccessDenied)) {
    sessions.quit(id);
  } else if (command_ == "Connect") {
    sessions.connect(id, text);
  } else if (command_ == "Change user") {
    sessions.change_user(id, text);
  } else if (command_ == "Quit") {
    sessions.quit(id);
  } else if (command_ == "Reset Connection" || command_ == "Reset connection") {
    sessions.reset(id);
  } else if (is_statement(command_)) {
    sessions.statement(id, text);
  }
}

}  // namespace dw::extract
