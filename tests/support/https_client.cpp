#include "tests/support/https_client.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>

#include "tests/support/process.h"

namespace dw::test {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

HttpsAnswer https(const std::filesystem::path& ca_file, const std::string& url,
                  std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(),
                   {"curl", "--silent", "--show-error", "--include", "--http1.1", "--max-time", "60",
                    "--header", "Expect:", "--cacert", ca_file.string()});
  arguments.push_back(url);
  HttpsAnswer answer;
  answer.raw = run_or_throw(arguments);
  const std::size_t end = answer.raw.find("\r\n\r\n");
  if (end == std::string::npos) throw std::runtime_error("no HTTP answer: " + answer.raw);
  answer.body = answer.raw.substr(end + 4);
  std::istringstream head(answer.raw.substr(0, end));
  std::string line;
  std::string version;
  std::getline(head, line);
  std::istringstream(line) >> version >> answer.status;
  while (std::getline(head, line)) {
    if (line.ends_with('\r')) line.pop_back();
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) answer.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
  }
  return answer;
}

}  // namespace dw::test
