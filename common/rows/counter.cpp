#include "common/rows/counter.h"

#include <algorithm>
#include <charconv>

namespace dw::rows {
namespace {

constexpr std::string_view kOption = " AUTO_INCREMENT=";

// The option's place and length; none: length 0. The options stand behind the parenthesis that ends the
// columns, COMMENT, which may hold any words, behind this one.
struct Place {
  std::size_t at = 0;
  std::size_t length = 0;
};

Place place_of_counter(std::string_view create) {
  const std::size_t options = create.rfind("\n)");
  if (options == std::string_view::npos) return {};
  const std::size_t at = create.find(kOption, options);
  if (at == std::string_view::npos ||
      create.substr(options, at - options).find('\'') != std::string_view::npos)
    return {};
  const std::size_t end = create.find_first_not_of("0123456789", at + kOption.size());
  return {at, std::min(end, create.size()) - at};
}

}  // namespace

std::optional<std::uint64_t> shown_counter(std::string_view create) {
  const Place place = place_of_counter(create);
  if (place.length == 0) return std::nullopt;
  const std::string_view digits = create.substr(place.at + kOption.size(), place.length - kOption.size());
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (error != std::errc() || digits.empty()) return std::nullopt;
  return out;
}

std::string without_counter(std::string create) {
  const Place place = place_of_counter(create);
  return create.erase(place.at, place.length);
}

}  // namespace dw::rows
