// Catch2, version 2 or 3, under one set of names.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
namespace Catch {
using Matchers::ContainsSubstring;
inline auto Contains(const std::string& text) {
  return ContainsSubstring(text);
}
}  // namespace Catch
#else
#include <catch2/catch.hpp>
#endif
