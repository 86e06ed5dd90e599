// The commands in a Markdown document: fenced blocks, and code within a line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dw::test {

struct DocumentBlock {
  std::string language;  // "sh", "sql"; may be empty
  std::string text;
  std::vector<std::string> tried_by;  // <!-- tried by: FILE, FILE --> in front of it: tests that run it
  int line = 0;
};

std::vector<DocumentBlock> blocks_of(const std::filesystem::path& document);

// Whether the tests that a block names run each of its commands: they take the block out of the document by a
// text in it, or have the command's program and its options in their own. `tree`: the checkout. Gives what is
// run by none, a line each; empty is good.
std::string untried_commands(const DocumentBlock& block, const std::filesystem::path& tree);

// Code within lines, white space made single. What stands in the first column of a table that is headed
// `printed` is said by the programs, and left out.
std::vector<std::string> inline_code_of(const std::filesystem::path& document);

std::string replaced(std::string text, const std::string& what, const std::string& with);

}  // namespace dw::test
