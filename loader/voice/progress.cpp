#include "loader/voice/progress.h"

#include "loader/voice/terminal.h"

namespace dw::load {
namespace {

using namespace std::chrono_literals;

constexpr auto kSilence = 2s;  // what is done sooner is not worth a word
constexpr auto kTerminalPause = 200ms;
constexpr auto kLinesPause = 10s;

}  // namespace

Progress::Progress(std::string words) : words_(std::move(words)) {
  if (!progress_is_shown()) return;
  if (progress_is_a_line_written_over()) {
    ticker_.emplace(kSilence, kTerminalPause, [this](std::chrono::seconds passed) {
      write_over(progress_text(this->words(), passed.count()));
    });
  } else {
    ticker_.emplace(kSilence, kLinesPause, [this](std::chrono::seconds passed) {
      write_progress_line(progress_text(this->words(), passed.count()));
    });
  }
}

Progress::~Progress() {
  if (!ticker_) return;
  ticker_.reset();
  if (progress_is_a_line_written_over()) write_over("");
}

void Progress::update(std::string words) {
  const std::lock_guard lock(mutex_);
  words_ = std::move(words);
}

std::string Progress::words() {
  const std::lock_guard lock(mutex_);
  return words_;
}

}  // namespace dw::load
