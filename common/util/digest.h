// SHA-256, base64 and the comparison of secrets, over OpenSSL's libcrypto.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace dw {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void add(std::string_view bytes);
  // 64 lower-case hexadecimal digits. The object cannot be used afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);
// The same as 32 bytes, in one call: for many short texts.
std::array<char, 32> sha256_bytes(std::string_view bytes);

std::string base64_encode(std::string_view bytes);
// nullopt when `text` is not padded standard base64.
std::optional<std::string> base64_decode(std::string_view text);

// Takes the same time wherever the two differ, and whatever their lengths.
bool equal_in_constant_time(std::string_view left, std::string_view right);

}  // namespace dw
