#include "extractor/counter_watch.h"

namespace dw::extract {
namespace {

constexpr std::string_view kCounted = "/* dw-extract counted ";
constexpr std::string_view kEnd = " */ ";

}  // namespace

std::string counted_marker(const std::string& values) {
  return std::string(kCounted) + values + std::string(kEnd);
}

void CounterWatch::observe(std::uint32_t generation, const LogRow& row, const Tally& logged) {
  if (row.text.starts_with(kCountingMarker)) {
    begun_.insert_or_assign(row.thread_id, logged);
    return;
  }
  if (!row.text.starts_with(kCounted)) return;
  const auto begun = begun_.extract(row.thread_id);
  const std::string_view values = row.text.substr(kCounted.size());
  const auto read = parse_counters(values.substr(0, values.find(kEnd)));
  if (begun.empty() || !read) return;
  readings_.push_back(
      {{generation, row.index}, row.time, read->started, read->values, begun.mapped(), logged});
}

}  // namespace dw::extract
