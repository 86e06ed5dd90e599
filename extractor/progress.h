// How far a long verb is, for who runs it at a terminal: from the third second on a line on stderr that is
// written over, and taken away at the end.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "common/util/ticker.h"
#include "extractor/reading/line_stream.h"
#include "extractor/request.h"

namespace dw::extract {

// Whether there is anybody to see it, and nothing else that it would meet on the screen.
bool shows_progress(Verb verb);

class Progress {
 public:
  explicit Progress(Verb verb);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void add_written(std::size_t bytes) { written_ += bytes; }

 private:
  std::string words_;
  std::atomic<std::uint64_t> written_{0};
  bool was_shown_ = false;
  std::optional<Ticker> ticker_;
};

// Passes on what is written, and counts it. Both must outlive it.
class CountedSink : public ByteSink {
 public:
  CountedSink(ByteSink& sink, Progress& progress) : sink_(sink), progress_(progress) {}

  void write(std::string_view bytes) override {
    sink_.write(bytes);
    progress_.add_written(bytes.size());
  }
  void flush() override { sink_.flush(); }

 private:
  ByteSink& sink_;
  Progress& progress_;
};

}  // namespace dw::extract
