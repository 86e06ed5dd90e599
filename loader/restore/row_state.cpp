#include "loader/restore/row_state.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "common/log/cursor.h"

namespace dw::load::restore {
namespace {

constexpr std::string_view kKeyUpdate = "key update";

// Whether `left` went before `right`. Where times and generations are the same, the log's order decides;
// where that is the same too (several deletes inside one statement), the order in the table.
bool left_before(const Origin& left, const Origin& right) {
  if (left.left_at != right.left_at) return left.left_at < right.left_at;
  if (left.generation != right.generation) return left.generation < right.generation;
  const auto one = Cursor::parse(left.event);
  const auto other = Cursor::parse(right.event);
  return one && other && one->fingerprint == other->fingerprint && one->index < other->index;
}

}  // namespace

std::optional<std::size_t> state_of(const std::vector<Origin>& images, Moment moment) {
  std::optional<std::size_t> live;
  std::optional<std::size_t> first;
  std::optional<std::size_t> last;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i].live) {
      live = i;
      continue;
    }
    if (!first || left_before(images[i], images[*first])) first = i;
    if (!last || !left_before(images[i], images[*last])) last = i;
  }
  if (moment == Moment::as_of) return first ? first : live;
  if (live || !last) return live;
  if (images[*last].reason == kKeyUpdate) return std::nullopt;
  return last;
}

bool is_row(const Origin& image) {
  static constexpr std::array<std::string_view, 4> kWentOn{"update", kKeyUpdate, "drop column",
                                                           "modify column"};
  return std::find(kWentOn.begin(), kWentOn.end(), image.reason) == kWentOn.end();
}

}  // namespace dw::load::restore
