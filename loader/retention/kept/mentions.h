// The words of texts: which tables a batch, or a stored program, may speak of. Pure.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace dw::load {

class Mentions {
 public:
  void add(std::string_view text);
  // True also of names that are not plain words, which could be written in many ways. Case does not count.
  [[nodiscard]] bool has(std::string_view name) const;

 private:
  std::unordered_set<std::string> words_;  // of letters, digits, _ and $; lower case
};

}  // namespace dw::load
