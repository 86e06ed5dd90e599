#include "extractor/progress.h"

#include <cstdio>
#include <unistd.h>

namespace dw::extract {
namespace {

using namespace std::chrono_literals;

constexpr auto kSilence = 2s;  // what is done sooner is not worth a word
constexpr auto kPause = 200ms;
constexpr const char* kEraseLine = "\r\x1b[K";  // ECMA-48: erase in line

const char* words_for(Verb verb) {
  switch (verb) {
    case Verb::batch:
      return "reading the log";
    case Verb::rotate:
      return "rotating the log";
    case Verb::status:
    case Verb::check:
      return "looking at the server and its log";
    case Verb::catalog:
      return "reading production's schemas";
    case Verb::snapshot:
    case Verb::read:
      break;
  }
  return "reading production's rows";
}

std::string megabytes(std::uint64_t bytes) {
  return bytes == 0 ? "" : ", " + std::to_string(bytes / 1'000'000) + " MB";
}

}  // namespace

bool shows_progress(Verb verb) {
  const bool meets_the_answer = is_streamed(verb) && ::isatty(STDOUT_FILENO) == 1;
  return ::isatty(STDERR_FILENO) == 1 && !meets_the_answer;
}

Progress::Progress(Verb verb) : words_(words_for(verb)) {
  ticker_.emplace(kSilence, kPause, [this](std::chrono::seconds passed) {
    was_shown_ = true;
    const std::string line = progress_text(words_ + megabytes(written_), passed.count());
    std::fprintf(stderr, "%s%s", kEraseLine, line.c_str());
  });
}

Progress::~Progress() {
  ticker_.reset();
  if (was_shown_) std::fputs(kEraseLine, stderr);
}

}  // namespace dw::extract
