#include "tests/support/documents.h"

#include <fstream>
#include <regex>
#include <sstream>

#include "tests/support/temp_dir.h"

namespace dw::test {
namespace {

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string one; std::getline(in >> std::ws, one, ',');) out.push_back(one);
  return out;
}

}  // namespace

std::vector<DocumentBlock> blocks_of(const std::filesystem::path& document) {
  std::istringstream in(read_file(document));
  std::vector<DocumentBlock> out;
  std::vector<std::string> tried_by;
  bool inside = false;
  int number = 0;
  const std::regex mark("<!-- tried by: (.*) -->");
  for (std::string line; std::getline(in, line);) {
    ++number;
    std::smatch found;
    if (!inside && line.starts_with("```")) {
      out.push_back({line.substr(3), "", std::move(tried_by), number});
      tried_by.clear();
      inside = true;
    } else if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      out.back().text += line + "\n";
    } else if (std::regex_match(line, found, mark)) {
      tried_by = split_list(found[1]);
    }
  }
  return out;
}

std::vector<std::string> inline_code_of(const std::filesystem::path& document) {
  std::istringstream in(read_file(document));
  std::string text;
  bool inside = false;
  bool printed = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) inside = !inside;
    printed = line.starts_with("| printed |") || (printed && line.starts_with("|"));
    if (printed) line.erase(0, line.find(" |", 1));
    if (!inside && !line.starts_with("```")) text += line + "\n";
  }
  std::vector<std::string> out;
  const std::regex code("`([^`]+)`");
  for (std::sregex_iterator at(text.begin(), text.end(), code), end; at != end; ++at)
    out.push_back(std::regex_replace((*at)[1].str(), std::regex("\\s+"), " "));
  return out;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

}  // namespace dw::test
