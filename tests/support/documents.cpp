#include "tests/support/documents.h"

#include <algorithm>
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

// The texts that a script takes out of a document's blocks by.
std::vector<std::string> texts_taken_by(const std::string& script) {
  std::vector<std::string> out;
  const std::regex taken("(?:block_with|lines_with) (?:'([^']*)'|\"([^\"]*)\"|([^ '\"]+))");
  for (std::sregex_iterator at(script.begin(), script.end(), taken), end; at != end; ++at) {
    for (std::size_t group = 1; group <= 3; ++group) {
      if ((*at)[group].matched) out.push_back((*at)[group]);
    }
  }
  return out;
}

// One a line, without comments; what a shell would read on is one.
std::vector<std::string> commands_of(const std::string& block) {
  std::string text = std::regex_replace(block, std::regex("\\\\\n\\s*"), " ");
  std::istringstream lines(text);
  std::vector<std::string> out;
  for (std::string line; std::getline(lines, line);) {
    line = std::regex_replace(line, std::regex("(^|\\s)#.*"), "");
    if (line.find_first_not_of(' ') != std::string::npos) out.push_back(line);
  }
  return out;
}

// "install.sh" and "--no-cron" of "./install.sh --no-cron": what a test that runs it must have.
std::vector<std::string> marks_of(const std::string& command) {
  std::istringstream words(command);
  std::vector<std::string> out;
  for (std::string word; words >> word;) {
    if (out.empty()) out.push_back(std::filesystem::path(word).filename());
    if (word.starts_with("--")) out.push_back(word.substr(0, word.find('=')));
  }
  return out;
}

bool is_run_by(const std::string& command, const std::string& block, const std::string& test) {
  const auto stands_in = [](const std::string& text) {
    return [&text](const std::string& one) { return text.find(one) != std::string::npos; };
  };
  const std::vector<std::string> taken = texts_taken_by(test);
  if (std::any_of(taken.begin(), taken.end(), stands_in(block))) return true;
  const std::vector<std::string> marks = marks_of(command);
  return std::all_of(marks.begin(), marks.end(), stands_in(test));
}

}  // namespace

std::string untried_commands(const DocumentBlock& block, const std::filesystem::path& tree) {
  std::string out;
  for (const std::string& command : commands_of(block.text)) {
    const bool tried =
        command.starts_with("cd ") ||
        std::any_of(block.tried_by.begin(), block.tried_by.end(), [&](const std::string& file) {
          return is_run_by(command, block.text, read_file(tree / file));
        });
    if (!tried) out += command + "\n";
  }
  return out;
}

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
