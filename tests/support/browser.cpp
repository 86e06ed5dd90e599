#include "tests/support/browser.h"

#include <regex>
#include <sstream>
#include <stdexcept>

namespace dw::test {
namespace {

constexpr int kHeight = 1600;

// What stands out of its box, unless that scrolls; one pixel is rounding.
constexpr const char* kMeasure = R"JS(
addEventListener('load', () => {
  const inner = document.querySelector('iframe');
  const page = inner.contentDocument;
  const excess = (element) => {
    const style = inner.contentWindow.getComputedStyle(element);
    const counts = /^(block|grid|flex)$/.test(style.display) && style.overflowX === 'visible';
    return counts ? element.scrollWidth - element.clientWidth : 0;
  };
  const most = Math.max(page.documentElement.scrollWidth - page.documentElement.clientWidth,
                        ...Array.from(page.body.querySelectorAll('*'), excess));
  document.body.dataset.overflow = most > 1 ? most : 0;
});
)JS";

}  // namespace

bool Browser::is_there() {
  return !find_program("chromium").empty();
}

ProcessResult Browser::open(const std::filesystem::path& page, std::vector<std::string> more) const {
  std::vector<std::string> command{"chromium",
                                   "--headless=new",
                                   "--no-sandbox",
                                   "--disable-gpu",
                                   "--no-first-run",
                                   "--disable-background-networking",
                                   "--disable-component-update",
                                   "--enable-logging=stderr",
                                   "--hide-scrollbars",
                                   "--allow-file-access-from-files",
                                   "--user-data-dir=" + (directory_ / "profile").string()};
  command.insert(command.end(), more.begin(), more.end());
  command.push_back("file://" + page.string());
  return run(command);
}

// A page with the other one in it, which has that frame as its window, and measures it.
std::filesystem::path Browser::framed(const std::filesystem::path& page, int width) const {
  const std::filesystem::path file = directory_ / "frame.html";
  write_file(file,
             "<!DOCTYPE html><title>frame</title><style>body{margin:0}iframe{border:0;display:block}</style>"
             "<iframe src=\"file://" +
                 page.string() + "\" width=\"" + std::to_string(width) + "\" height=\"" +
                 std::to_string(kHeight) + "\"></iframe><script>" + kMeasure + "</script>");
  return file;
}

ProcessResult Browser::dom(const std::filesystem::path& page) const {
  return open(page, {"--dump-dom"});
}

ProcessResult Browser::screenshot(const std::filesystem::path& page, int width, Scheme scheme,
                                  const std::filesystem::path& picture) const {
  return open(framed(page, width),
              {"--screenshot=" + picture.string(),
               "--window-size=" + std::to_string(width) + "," + std::to_string(kHeight),
               std::string("--blink-settings=preferredColorScheme=") + (scheme == Scheme::dark ? "0" : "1")});
}

int Browser::overflow(const std::filesystem::path& page, int width) const {
  const ProcessResult result = open(framed(page, width), {"--dump-dom"});
  std::smatch found;
  if (!std::regex_search(result.out, found, std::regex("data-overflow=\"(-?[0-9]+)\"")))
    throw std::runtime_error("the browser does not tell how wide the page is: " + result.err);
  return std::stoi(found[1]);
}

std::vector<std::string> console_lines(const std::string& log) {
  std::vector<std::string> out;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("CONSOLE") != std::string::npos) out.push_back(line);
  }
  return out;
}

}  // namespace dw::test
