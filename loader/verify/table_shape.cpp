#include "loader/verify/table_shape.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "common/sql/identifiers.h"

namespace dw::load {
namespace {

bool is_foreign_key(std::string_view line) {
  return line.starts_with("CONSTRAINT ") && line.find(" FOREIGN KEY ") != std::string_view::npos;
}

// SHOW CREATE TABLE has a column or a key on each line, between the first line and the one that begins with
// a parenthesis (both servers).
std::vector<std::string> items_of(const std::string& create) {
  std::vector<std::string> out;
  std::size_t begin = create.find('\n');
  while (begin != std::string::npos) {
    const std::size_t end = create.find('\n', begin + 1);
    std::string line = create.substr(begin + 1, end == std::string::npos ? end : end - begin - 1);
    if (line.starts_with(")")) break;
    line.erase(0, line.find_first_not_of(' '));
    if (line.ends_with(",")) line.pop_back();
    if (!is_foreign_key(line)) out.push_back(std::move(line));
    begin = end;
  }
  return out;
}

// "`id`" of a column; "KEY `k`", "PRIMARY KEY" of a key; a check by all that it says.
std::string name_of(const std::string& line) {
  const std::size_t open = line.find('`');
  if (line.starts_with("PRIMARY KEY")) return "PRIMARY KEY";
  if (open == std::string::npos || line.starts_with("CONSTRAINT ") || line.starts_with("CHECK ")) return line;
  const std::size_t close = line.find('`', open + 1);
  const std::string name = line.substr(open, close - open + 1);
  return open == 0 ? name : "KEY " + name;
}

bool is_column(const std::string& line) {
  return line.starts_with("`");
}

std::string drop_of(const std::string& line) {
  return std::string("DROP ") + (is_column(line) ? "COLUMN " : "") + name_of(line);
}

}  // namespace

std::vector<ShapeChange> shape_changes(const std::string& present, const std::string& wanted) {
  std::map<std::string, std::string> here;
  for (std::string& line : items_of(present)) {
    std::string name = name_of(line);
    here[std::move(name)] = std::move(line);
  }
  std::vector<ShapeChange> out;
  for (const std::string& line : items_of(wanted)) {
    const auto found = here.find(name_of(line));
    if (found == here.end()) {
      out.push_back({(is_column(line) ? "ADD COLUMN " : "ADD ") + line});
      continue;
    }
    if (found->second != line)
      out.push_back({is_column(line) ? "MODIFY COLUMN " + line : drop_of(line) + ", ADD " + line});
    here.erase(found);
  }
  for (const auto& [name, line] : here) {
    const bool is_check = line.starts_with("CONSTRAINT ") || line.starts_with("CHECK ");
    if (!is_check) out.push_back({drop_of(line), true});
  }
  return out;
}

std::string definition_as(const std::string& create, const std::string& name) {
  const std::size_t open = create.find(" (\n");
  const std::size_t close = create.find("\n)");
  if (open == std::string::npos || close == std::string::npos) return "";
  std::string out = "CREATE TABLE " + name + " (";
  bool first = true;
  for (const std::string& line : items_of(create)) {
    out += (first ? "\n" : ",\n") + line;
    first = false;
  }
  return out + create.substr(close);
}

}  // namespace dw::load
