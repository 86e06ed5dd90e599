// Which of the images that are kept of a row is the row's state: at last, or as of a time. Pure.
//
// The archive tells when an image left the live table, not when it came. So the state as of a time is the
// first image that left after it, else the live row.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace dw::load::restore {

// Where an image of a row lies: in the live table, or in an archive with when and why it left.
struct Origin {
  bool live = false;
  unsigned generation = 0;
  std::string left_at{};  // "2026-11-21 01:02:03.000000"; empty while live
  std::string reason{};
  std::string event{};  // the log's cursor; empty when somebody deleted by hand
};

enum class Moment { last, as_of };

// The place of the state in `images`, which are all of one key in the order in which each table gave them;
// with Moment::as_of only those that left after the time, and the live one. nullopt: the row goes on under
// another key, so there is none of this one.
std::optional<std::size_t> state_of(const std::vector<Origin>& images, Moment moment);

// For a table without a key, where each image stands for itself: whether it is a row that left, and not a
// former state of one that went on.
bool is_row(const Origin& image);

}  // namespace dw::load::restore
