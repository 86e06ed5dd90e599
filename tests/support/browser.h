// Headless Chromium, for a page in a file. No process is left behind.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace dw::test {

class Browser {
 public:
  // False where Chromium is not installed.
  static bool is_there();

  // The page as it stands after loading, in `out`; what the console said is in `err`.
  ProcessResult dom(const std::filesystem::path& page) const;

  enum class Scheme { light, dark };
  // A picture of the page in a frame of that width: Chromium's own window is never narrower than 500 pixels.
  ProcessResult screenshot(const std::filesystem::path& page, int width, Scheme scheme,
                           const std::filesystem::path& picture) const;

  // By how many pixels the page is wider than such a frame, or something on it than its box: 0 where nobody
  // has to scroll sideways but in what is made for that. Throws std::runtime_error when the browser does not
  // tell.
  int overflow(const std::filesystem::path& page, int width) const;

 private:
  ProcessResult open(const std::filesystem::path& page, std::vector<std::string> more) const;
  std::filesystem::path framed(const std::filesystem::path& page, int width) const;

  TempDir directory_;
};

// The page's own words on the console; the browser's stand there too.
std::vector<std::string> console_lines(const std::string& log);

}  // namespace dw::test
