// What every fuzz target needs: an entry point for libFuzzer, and a check that stays in optimised builds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace dw::fuzz {

// libFuzzer keeps the input and reports it when the program aborts.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace dw::fuzz
