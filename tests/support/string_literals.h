// The string literals of a C++ source, for tests that hold documents against it. Neighbours are joined, as
// the compiler joins them; escapes are undone. #include lines and comments are left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dw::test {

struct StringLiteral {
  std::string text;
  int line = 0;
};

std::vector<StringLiteral> string_literals_of(std::string_view source);

}  // namespace dw::test
