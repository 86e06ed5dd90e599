#include "tests/support/string_literals.h"

#include <algorithm>
#include <cctype>

namespace dw::test {
namespace {

// Goes through a source; what begins at `at_` decides what is next.
class Scanner {
 public:
  explicit Scanner(std::string_view source) : source_(source) {}

  std::vector<StringLiteral> run() {
    while (at_ < source_.size()) step();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string_view rest() const { return source_.substr(at_); }

  void step() {
    if (rest().starts_with("//") || rest().starts_with("#include")) {
      skip_past("\n", 0);
    } else if (rest().starts_with("/*")) {
      skip_past("*/", 2);
    } else if (rest().starts_with("R\"")) {
      raw_string();
    } else if (source_[at_] == '"') {
      plain_string();
    } else if (is_character()) {
      at_ += source_[at_ + 1] == '\\' ? 2 : 1;
      skip_past("'", 1);
      adjacent_ = false;
    } else {
      if (std::isspace(static_cast<unsigned char>(source_[at_])) == 0) adjacent_ = false;
      ++at_;
    }
  }

  void skip_past(std::string_view end, std::size_t from) {
    const std::size_t found = source_.find(end, at_ + from);
    at_ = found == std::string_view::npos ? source_.size() : found + end.size();
  }

  // A quote within a number, as in 1'000, is none.
  [[nodiscard]] bool is_character() const {
    return source_[at_] == '\'' &&
           (at_ == 0 || std::isalnum(static_cast<unsigned char>(source_[at_ - 1])) == 0);
  }

  void raw_string() {
    const std::size_t open = source_.find('(', at_);
    const std::string end = ")" + std::string(source_.substr(at_ + 2, open - at_ - 2)) + "\"";
    const std::size_t close = source_.find(end, open);
    add(std::string(source_.substr(open + 1, close - open - 1)));
    at_ = close + end.size();
  }

  void plain_string() {
    std::string text;
    std::size_t at = at_ + 1;
    for (; at < source_.size() && source_[at] != '"'; ++at) {
      if (source_[at] != '\\') {
        text += source_[at];
        continue;
      }
      const char escaped = source_[++at];
      text += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
    }
    add(std::move(text));
    at_ = at + 1;
  }

  void add(std::string text) {
    if (adjacent_) {
      out_.back().text += text;
    } else {
      const auto lines =
          std::count(source_.begin(), source_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
      out_.push_back({std::move(text), static_cast<int>(lines) + 1});
    }
    adjacent_ = true;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  bool adjacent_ = false;  // nothing but white space and comments since the last literal
  std::vector<StringLiteral> out_;
};

}  // namespace

std::vector<StringLiteral> string_literals_of(std::string_view source) {
  return Scanner(source).run();
}

}  // namespace dw::test
