// HTTPS as a stranger speaks it: the curl program, so that what a server sends is seen raw.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace dw::test {

struct HttpsAnswer {
  int status = 0;
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string body{};                            // as sent, content codings included
  std::string raw{};                             // status line, headers and body
};

// `arguments` are curl's own, such as {"-X", "POST", "-H", "X-Api-Key: …"}. Throws std::runtime_error when no
// answer comes, or the certificate is not good.
HttpsAnswer https(const std::filesystem::path& ca_file, const std::string& url,
                  std::vector<std::string> arguments = {});

}  // namespace dw::test
