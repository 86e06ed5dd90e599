// A certificate authority of a test's own, and certificates for servers on this machine, made by openssl.
#pragma once

#include <filesystem>
#include <string_view>

#include "tests/support/temp_dir.h"

namespace dw::test {

// PEM files. They live as long as the authority that issued them.
struct Certificate {
  std::filesystem::path certificate{};
  std::filesystem::path key{};  // 0600
};

class CertificateAuthority {
 public:
  CertificateAuthority();

  // What a client trusts (`ca_file`).
  std::filesystem::path ca_file() const { return directory_ / "ca.pem"; }

  // Signs for 127.0.0.1 and localhost. With an `expired` one a client must refuse the server; one that
  // `ends_soon` is good for ten days.
  enum class Validity { now, ends_soon, expired };
  Certificate issue(std::string_view name = "server", Validity validity = Validity::now);

  // Signs for another host name only: a client that connects to 127.0.0.1 must refuse it.
  Certificate issue_for_host(std::string_view name, std::string_view host);

 private:
  Certificate sign(std::string_view name, std::string_view alternative_names, Validity validity);

  TempDir directory_;
};

}  // namespace dw::test
