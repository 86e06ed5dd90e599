// The MySQL and MariaDB servers that listen on this machine, by the sockets that they are known to have: a
// QNAP NAS has two side by side (facts.md, "Client libraries and servers on Debian"), and an option file
// easily leads to the one that does not run, or is not the mirror.
#pragma once

#include <string>

namespace dw::load {

// "; a server listens on SOCKET, SOCKET", to go behind a hint; empty when none does. Only sockets are tried:
// a server may lock out a host that connects to its port and says nothing.
std::string local_servers_hint();

}  // namespace dw::load
