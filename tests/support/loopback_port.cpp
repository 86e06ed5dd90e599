#include "tests/support/loopback_port.h"

#include <arpa/inet.h>
#include <cstddef>
#include <cstring>
#include <netinet/in.h>
#include <random>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace dw::test {
namespace {

constexpr std::uint16_t first_port = 20000;
constexpr std::uint16_t last_port = 32000;

// An abstract socket is a lock that needs no file and goes with its holder, crashed or not.
int reserve(std::uint16_t port) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "dw-test-port-" + std::to_string(port);
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0) return fd;
  ::close(fd);
  return -1;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool is_free(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
               sizeof on);  // a closed connection's TIME_WAIT does not matter
  const sockaddr_in address = loopback(port);
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return bound;
}

}  // namespace

LoopbackPort::LoopbackPort() {
  std::random_device random;
  std::uniform_int_distribution<int> range(first_port, last_port);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const auto port = static_cast<std::uint16_t>(range(random));
    const int fd = reserve(port);
    if (fd < 0) continue;
    if (is_free(port)) {
      number_ = port;
      reservation_ = fd;
      return;
    }
    ::close(fd);
  }
  throw std::runtime_error("no free port on 127.0.0.1");
}

LoopbackPort::~LoopbackPort() {
  if (reservation_ >= 0) ::close(reservation_);
}

LoopbackPort::LoopbackPort(LoopbackPort&& other) noexcept
    : number_(std::exchange(other.number_, std::uint16_t{0})),
      reservation_(std::exchange(other.reservation_, -1)) {}

LoopbackPort& LoopbackPort::operator=(LoopbackPort&& other) noexcept {
  std::swap(number_, other.number_);
  std::swap(reservation_, other.reservation_);
  return *this;
}

bool accepts_connections(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

}  // namespace dw::test
