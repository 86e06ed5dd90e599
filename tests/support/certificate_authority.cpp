#include "tests/support/certificate_authority.h"

#include <string>
#include <vector>

#include "tests/support/process.h"

namespace dw::test {
namespace {

std::vector<std::string> with_new_key(std::vector<std::string> words, const std::filesystem::path& key) {
  // Elliptic curve keys: made in milliseconds.
  words.insert(words.end(), {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout",
                             key.string()});
  return words;
}

// `-days -1` gives an end before the beginning, which every client takes for expired.
const char* days_of(CertificateAuthority::Validity validity) {
  switch (validity) {
    case CertificateAuthority::Validity::expired:
      return "-1";
    case CertificateAuthority::Validity::ends_soon:
      return "10";
    case CertificateAuthority::Validity::now:
      break;
  }
  return "30";
}

}  // namespace

CertificateAuthority::CertificateAuthority() {
  auto words = with_new_key(
      {"openssl", "req", "-x509", "-subj", "/CN=dw test authority", "-days", "30", "-out", ca_file().string(),
       "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"},
      directory_ / "ca.key");
  run_or_throw(words);
}

Certificate CertificateAuthority::issue(std::string_view name, Validity validity) {
  return sign(name, "IP:127.0.0.1,DNS:localhost", validity);
}

Certificate CertificateAuthority::issue_for_host(std::string_view name, std::string_view host) {
  return sign(name, "DNS:" + std::string(host), Validity::now);
}

Certificate CertificateAuthority::sign(std::string_view name, std::string_view alternative_names,
                                       Validity validity) {
  const std::string base(name);
  Certificate result{directory_ / (base + ".pem"), directory_ / (base + ".key")};
  const auto request = directory_ / (base + ".csr");
  const auto extensions = directory_ / (base + ".ext");
  run_or_throw(
      with_new_key({"openssl", "req", "-new", "-subj", "/CN=" + base, "-out", request.string()}, result.key));
  write_file(extensions, "subjectAltName=" + std::string(alternative_names) +
                             "\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n");
  run_or_throw({"openssl", "x509", "-req", "-in", request.string(), "-CA", ca_file().string(), "-CAkey",
                (directory_ / "ca.key").string(), "-CAcreateserial", "-days", days_of(validity), "-extfile",
                extensions.string(), "-out", result.certificate.string()});
  return result;
}

}  // namespace dw::test
