#include "loader/voice/voice.h"

#include <deque>
#include <iostream>
#include <mutex>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/util/error.h"
#include "loader/voice/terminal.h"

namespace dw::load {
namespace {

constexpr unsigned kUsualWidth = 80;
constexpr std::size_t kLastLines = 50;

struct State {
  std::mutex mutex{};
  VoiceOptions options{};
  bool log_failed = false;
  bool line_is_there = false;  // of progress
  std::deque<std::string> last_lines{};
};

State& state() {
  static State the_state;
  return the_state;
}

int descriptor(const State& now) {
  return now.options.stdout_is_data ? STDERR_FILENO : STDOUT_FILENO;
}

std::ostream& stream(const State& now) {
  return now.options.stdout_is_data ? std::cerr : std::cout;
}

void take_line_away(State& now) {
  if (now.line_is_there) stream(now) << "\r\x1b[K" << std::flush;  // ECMA-48: erase in line
  now.line_is_there = false;
}

void log(State& now, Micros at, std::string_view level, std::string_view line) {
  if (!now.options.log_file || now.log_failed) return;
  try {
    append_to_log(*now.options.log_file, log_line(*now.options.log_file, at, level, now.options.verb,
                                                  static_cast<int>(::getpid()), line));
  } catch (const Error& error) {
    now.log_failed = true;
    std::cerr << "dw-load: " << error.line() << '\n';
  }
}

// "12:00:00 warning: a line"
std::string last_line(Micros at, std::string_view level, std::string_view line) {
  std::string out = format_time(at).substr(11, 8) + " ";
  if (level == "warning" || level == "error") out.append(level).append(": ");
  return out.append(line);
}

void keep(State& now, std::string_view level, std::string_view line) {
  const Micros at = now_micros();
  now.last_lines.push_back(last_line(at, level, line));
  if (now.last_lines.size() > kLastLines) now.last_lines.pop_front();
  log(now, at, level, line);
}

void speak(std::ostream& out, std::string_view level, std::string_view line) {
  State& now = state();
  const std::lock_guard lock(now.mutex);
  take_line_away(now);
  out << "dw-load: " << line << std::endl;
  keep(now, level, line);
}

unsigned width_of_terminal(int of) {
  winsize size{};
  return ::ioctl(of, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualWidth;
}

// At most `columns` characters; UTF-8 is not cut in two.
std::string cut(const std::string& line, std::size_t columns) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if ((static_cast<unsigned char>(line[i]) & 0xC0U) != 0x80U && ++characters > columns)
      return line.substr(0, i);
  }
  return line;
}

}  // namespace

void set_voice(VoiceOptions options) {
  State& now = state();
  const std::lock_guard lock(now.mutex);
  now.options = std::move(options);
  now.log_failed = false;
}

void say(std::string_view line) {
  State& now = state();
  if (now.options.quiet) {
    const std::lock_guard lock(now.mutex);
    keep(now, "info", line);
  } else {
    speak(stream(now), "info", line);
  }
}

void warn(std::string_view line) {
  speak(std::cerr, "warning", line);
}

void say_error(std::string_view line) {
  speak(std::cerr, "error", line);
}

std::vector<std::string> last_lines() {
  State& now = state();
  const std::lock_guard lock(now.mutex);
  return {now.last_lines.begin(), now.last_lines.end()};
}

void forget_last_lines() {
  State& now = state();
  const std::lock_guard lock(now.mutex);
  now.last_lines.clear();
}

bool progress_is_shown() {
  return !state().options.quiet;
}

bool progress_is_a_line_written_over() {
  return ::isatty(descriptor(state())) == 1;
}

void write_over(const std::string& line) {
  State& now = state();
  const std::lock_guard lock(now.mutex);
  take_line_away(now);
  if (line.empty()) return;
  stream(now) << cut(line, width_of_terminal(descriptor(now)) - 1) << std::flush;
  now.line_is_there = true;
}

void write_progress_line(const std::string& line) {
  State& now = state();
  const std::lock_guard lock(now.mutex);
  stream(now) << format_time(now_micros()) << " dw-load: " << line << std::endl;
  keep(now, "progress", line);
}

}  // namespace dw::load
