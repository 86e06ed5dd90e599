#include "loader/voice/progress.h"

#include "loader/voice/terminal.h"

namespace dw::load {
namespace {

using namespace std::chrono_literals;

constexpr auto kSilence = 2s;  // what is done sooner is not worth a word
constexpr auto kTerminalPause = 200ms;
constexpr auto kLinesPause = 10s;

}  // namespace

std::string progress_text(const std::string& words, long seconds) {
  const std::string minutes = std::to_string(seconds / 60) + ":" + (seconds % 60 < 10 ? "0" : "");
  return words + " [" + minutes + std::to_string(seconds % 60) + "]";
}

Progress::Progress(std::string words) : words_(std::move(words)) {
  if (progress_is_shown()) thread_ = std::thread([this] { run(); });
}

Progress::~Progress() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
  }
  ended_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Progress::update(std::string words) {
  const std::lock_guard lock(mutex_);
  words_ = std::move(words);
}

void Progress::run() {
  const bool written_over = progress_is_a_line_written_over();
  std::unique_lock lock(mutex_);
  auto next = started_ + kSilence;
  while (!ended_.wait_until(lock, next, [this] { return end_; })) {
    const auto passed = std::chrono::steady_clock::now() - started_;
    const std::string line =
        progress_text(words_, std::chrono::duration_cast<std::chrono::seconds>(passed).count());
    if (written_over) {
      write_over(line);
      next += kTerminalPause;
    } else {
      write_progress_line(line);
      next += kLinesPause;
    }
  }
  if (written_over) write_over("");
}

}  // namespace dw::load
