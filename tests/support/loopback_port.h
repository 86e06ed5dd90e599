// A free TCP port on 127.0.0.1, reserved for as long as its object lives.
//
// The reservation holds against every other LoopbackPort on the machine, so tests that run side by side never
// get the same one; below the range from which the kernel gives ports to clients.
#pragma once

#include <cstdint>

namespace dw::test {

class LoopbackPort {
 public:
  LoopbackPort();
  ~LoopbackPort();
  LoopbackPort(LoopbackPort&& other) noexcept;
  LoopbackPort& operator=(LoopbackPort&& other) noexcept;

  std::uint16_t number() const { return number_; }

 private:
  std::uint16_t number_ = 0;
  int reservation_ = -1;
};

// Whether something accepts connections there now.
bool accepts_connections(std::uint16_t port);

}  // namespace dw::test
