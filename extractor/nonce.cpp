#include "extractor/nonce.h"

#include <random>

namespace dw::extract {

std::string random_nonce() {
  static constexpr char kHex[] = "0123456789abcdef";
  std::random_device device;
  std::string out;
  for (int i = 0; i < 32; ++i) out += kHex[device() % 16];
  return out;
}

}  // namespace dw::extract
