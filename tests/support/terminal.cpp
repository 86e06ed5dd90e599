#include "tests/support/terminal.h"

namespace dw::test {
namespace {

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

ProcessResult run_on_terminal(const std::vector<std::string>& argv, int columns) {
  std::string command = "stty columns " + std::to_string(columns) + "; exec";
  for (const std::string& word : argv) command += " " + quoted(word);
  return run({"script", "--quiet", "--return", "--log-out", "/dev/null", "--command", command});
}

std::vector<std::string> redrawn_lines(const std::string& shown) {
  const std::string erase = "\r\x1b[K";
  std::vector<std::string> out;
  const std::size_t last = shown.rfind(erase);
  std::size_t at = 0;
  while (at < last && last != std::string::npos) {
    const std::size_t end = shown.find(erase, at);
    if (end > at) out.push_back(shown.substr(at, end - at));
    at = end + erase.size();
  }
  return out;
}

}  // namespace dw::test
