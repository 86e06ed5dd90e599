#include "loader/local_servers.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace dw::load {
namespace {

struct KnownSocket {
  std::string_view path;
  std::string_view more;
};

constexpr std::array kKnownSockets{
    KnownSocket{"/var/run/mariadb10.sock", " (port 3307)"},
    KnownSocket{"/run/mysqld/mysqld.sock", ""},
    KnownSocket{"/tmp/mysql.sock", ""},
};

// A socket's file stays when its server was killed.
bool somebody_listens(std::string_view path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  const int result = ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool listens = result == 0 || errno == EAGAIN;  // EAGAIN: it has more callers than it can take
  ::close(descriptor);
  return listens;
}

}  // namespace

std::string local_servers_hint() {
  std::string out;
  for (const KnownSocket& known : kKnownSockets) {
    if (!somebody_listens(known.path)) continue;
    out.append(out.empty() ? "; a server listens on " : ", ").append(known.path).append(known.more);
  }
  return out;
}

}  // namespace dw::load
