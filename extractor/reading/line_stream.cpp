#include "extractor/reading/line_stream.h"

#include <nlohmann/json.hpp>

namespace dw::extract {
namespace {

constexpr std::size_t kBuffer = std::size_t{128} * 1024;

}  // namespace

void LineStream::line(const nlohmann::json& value) {
  buffer_ += value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  row_done();
}

void LineStream::row_done() {
  buffer_ += '\n';
  ++lines_;
  if (buffer_.size() < kBuffer) return;
  sink_.write(buffer_);
  sent_ += buffer_.size();
  buffer_.clear();
}

void LineStream::flush() {
  sink_.write(buffer_);
  sent_ += buffer_.size();
  buffer_.clear();
  sink_.flush();
}

void LineStream::finish() {
  line({{"end", true}, {"lines", lines_}});
  flush();
}

}  // namespace dw::extract
