#include "loader/verify/table_shape.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "common/sql/identifiers.h"

namespace dw::load {
namespace {

bool is_foreign_key(std::string_view line) {
  return line.starts_with("CONSTRAINT ") && line.find(" FOREIGN KEY ") != std::string_view::npos;
}

// SHOW CREATE TABLE has a column or a key on each line, between the first line and the one that begins with
// a parenthesis (both servers).
std::vector<std::string> items_of(const std::string& create, bool foreign_keys = false) {
  std::vector<std::string> out;
  std::size_t begin = create.find('\n');
  while (begin != std::string::npos) {
    const std::size_t end = create.find('\n', begin + 1);
    std::string line = create.substr(begin + 1, end == std::string::npos ? end : end - begin - 1);
    if (line.starts_with(")")) break;
    line.erase(0, line.find_first_not_of(' '));
    if (line.ends_with(",")) line.pop_back();
    if (is_foreign_key(line) == foreign_keys) out.push_back(std::move(line));
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

bool is_check(const std::string& line) {
  return line.starts_with("CONSTRAINT ") || line.starts_with("CHECK ");
}

// Behind the quote or parenthesis that ends what begins at `at`.
std::size_t behind_quoted(const std::string& line, std::size_t at) {
  const char quote = line[at];
  for (++at; at < line.size(); ++at) {
    if (line[at] == quote && line.compare(at, 2, std::string(2, quote)) != 0) return at + 1;
    if (line[at] == quote || (line[at] == '\\' && quote != '`')) ++at;
  }
  return at;
}

std::size_t behind_parentheses(const std::string& line, std::size_t at) {
  for (++at; at < line.size() && line[at] != ')';)
    at = line[at] == '\'' || line[at] == '`' ? behind_quoted(line, at) : at + 1;
  return std::min(at + 1, line.size());
}

std::size_t behind_words(const std::string& line, std::size_t at, std::string_view words) {
  if (line.compare(at, words.size(), words) != 0) return at;
  return std::min(line.find(' ', at + words.size()), line.size());
}

// A column's line with its collation, which SHOW CREATE TABLE leaves out where it is the table's.
std::string with_collation(const std::string& line, const std::string& collation) {
  if (collation.empty()) return line;
  const std::size_t type = behind_quoted(line, 0) + 1;
  std::size_t end = std::min(line.find_first_of(" (", type), line.size());
  if (end < line.size() && line[end] == '(') end = behind_parentheses(line, end);
  std::size_t rest = behind_words(line, end, " CHARACTER SET ");
  rest = behind_words(line, rest, " COLLATE ");
  return line.substr(0, end) + " CHARACTER SET " + collation.substr(0, collation.find('_')) + " COLLATE " +
         collation + line.substr(rest);
}

// " DEFAULT CHARSET=latin1 COLLATE=latin1_bin" among the table's options.
std::string default_charset(const std::string& create) {
  constexpr std::string_view kCharset = " DEFAULT CHARSET=";
  const std::size_t at = create.find(kCharset, create.rfind("\n)"));
  if (at == std::string::npos) return "";
  std::size_t end = std::min(create.find_first_of(" \n", at + kCharset.size()), create.size());
  constexpr std::string_view kCollate = " COLLATE=";
  if (create.compare(end, kCollate.size(), kCollate) == 0)
    end = std::min(create.find_first_of(" \n", end + kCollate.size()), create.size());
  return create.substr(at + 1, end - at - 1);
}

// "(`a`,`b`": what is between a line's first parenthesis and its end, or behind the last part.
std::string parts_of(const std::string& line, std::size_t from = 0) {
  const std::size_t open = line.find('(', from);
  return open == std::string::npos ? "" : line.substr(open, behind_parentheses(line, open) - open);
}

struct Line {
  std::string text;
  std::string collation;
};

// A table's lines by name, and the columns' names in order.
struct Lines {
  std::vector<std::string> columns;
  std::map<std::string, Line> by_name;
  std::vector<std::string> keys;  // and checks
};

Lines lines_of(const rows::Table& table) {
  Lines out;
  std::map<std::string, std::string> collations;
  for (const rows::Column& column : table.columns)
    collations[sql::quote_identifier(column.name)] = column.collation;
  for (std::string& text : items_of(table.create)) {
    const std::string name = name_of(text);
    const bool column = is_column(text);
    (column ? out.columns : out.keys).push_back(name);
    out.by_name[name] = {std::move(text), column ? collations[name] : ""};
  }
  return out;
}

// Those that can stay where they are while the others move: the longest run of them that is in the order
// wanted.
std::set<std::string> staying(const std::vector<std::string>& present,
                              const std::vector<std::string>& wanted) {
  std::vector<std::string> common;
  for (const std::string& name : wanted) {
    if (std::find(present.begin(), present.end(), name) != present.end()) common.push_back(name);
  }
  const auto place = [&](const std::string& name) {
    return std::find(present.begin(), present.end(), name) - present.begin();
  };
  std::vector<std::size_t> length(common.size(), 1);
  std::vector<std::size_t> before(common.size(), common.size());
  std::size_t last = common.size();
  for (std::size_t i = 0; i < common.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (place(common[j]) > place(common[i]) || length[j] + 1 <= length[i]) continue;
      length[i] = length[j] + 1;
      before[i] = j;
    }
    if (last == common.size() || length[i] > length[last]) last = i;
  }
  std::set<std::string> out;
  for (; last < common.size(); last = before[last]) out.insert(common[last]);
  return out;
}

class Comparison {
 public:
  Comparison(const rows::Table& present, const rows::Table& wanted, Servers servers,
             const std::string& source_create)
      : alike_(servers == Servers::alike),
        present_table_(present),
        wanted_table_(wanted),
        present_(lines_of(present)),
        wanted_(lines_of(wanted)) {
    for (const std::string* create : {&present.create, &source_create}) {
      for (const std::string& line : items_of(*create, true))
        foreign_keys_.push_back(parts_of(line, line.find(" FOREIGN KEY ")));
    }
  }

  std::vector<ShapeChange> run() && {
    const std::string charset = default_charset(wanted_table_.create);
    if (!charset.empty() && charset != default_charset(present_table_.create)) add(charset);
    compare_columns();
    compare_keys();
    return std::move(out_);
  }

 private:
  void add(std::string clause, bool removes = false, bool harmless = false) {
    out_.push_back({std::move(clause), removes, harmless});
  }

  void compare_columns() {
    const std::set<std::string> stay = staying(present_.columns, wanted_.columns);
    for (std::size_t i = 0; i < wanted_.columns.size(); ++i) {
      const std::string& name = wanted_.columns[i];
      const Line& line = wanted_.by_name.at(name);
      const std::string place = i == 0 ? " FIRST" : " AFTER " + wanted_.columns[i - 1];
      const std::string definition = with_collation(line.text, line.collation);
      const auto here = present_.by_name.find(name);
      if (here == present_.by_name.end()) {
        // The last ones come to the end by themselves.
        const bool last =
            std::none_of(wanted_.columns.begin() + static_cast<std::ptrdiff_t>(i), wanted_.columns.end(),
                         [&](const std::string& one) { return present_.by_name.contains(one); });
        add("ADD COLUMN " + definition + (last ? "" : place));
      } else if (!stay.contains(name)) {
        add("MODIFY COLUMN " + definition + place);
      } else if (differs(name, here->second, line)) {
        add("MODIFY COLUMN " + definition);
      }
    }
    for (const std::string& name : present_.columns) {
      if (!wanted_.by_name.contains(name)) add("DROP COLUMN " + name, true);
    }
  }

  [[nodiscard]] bool differs(const std::string& name, const Line& present, const Line& wanted) const {
    if (alike_)
      return with_collation(present.text, present.collation) != with_collation(wanted.text, wanted.collation);
    return present.collation != wanted.collation && !is_json(name);
  }

  // On MariaDB a column that CREATE TABLE … SELECT made of production's JSON is text of any collation.
  [[nodiscard]] bool is_json(const std::string& name) const {
    return std::any_of(wanted_table_.columns.begin(), wanted_table_.columns.end(),
                       [&](const rows::Column& one) {
                         return one.kind == rows::ValueKind::json && sql::quote_identifier(one.name) == name;
                       });
  }

  void compare_keys() {
    if (!alike_) return compare_keys_by_content();
    for (const std::string& name : wanted_.keys) {
      const std::string& line = wanted_.by_name.at(name).text;
      const auto here = present_.by_name.find(name);
      if (here == present_.by_name.end()) {
        add("ADD " + line);
      } else if (here->second.text != line) {
        add(drop_of(line) + ", ADD " + line);
      }
    }
    for (const std::string& name : present_.keys) {
      const std::string& line = present_.by_name.at(name).text;
      if (!wanted_.by_name.contains(name) && !is_check(line))
        add(drop_of(line), true, line.starts_with("KEY "));
    }
  }

  // "KEY (`a`,`b`)"; "": not compared. A key that serves a foreign key comes and goes with others like it by
  // each server's own rules.
  [[nodiscard]] std::string content_of(const std::string& line) const {
    if (is_check(line) || line.find('(') == std::string::npos) return "";
    const std::string kind = line.substr(0, line.find_first_of("`("));
    const std::string parts = parts_of(line);
    const bool serves = kind == "KEY " &&
                        std::any_of(foreign_keys_.begin(), foreign_keys_.end(), [&](const std::string& one) {
                          return parts.starts_with(one.substr(0, one.size() - 1));
                        });
    return serves ? "" : kind + parts;
  }

  [[nodiscard]] std::map<std::string, std::string> contents_of(const Lines& lines) const {
    std::map<std::string, std::string> out;
    for (const std::string& name : lines.keys) {
      const std::string& line = lines.by_name.at(name).text;
      if (const std::string content = content_of(line); !content.empty()) out[content] = line;
    }
    return out;
  }

  void compare_keys_by_content() {
    const auto present = contents_of(present_);
    const auto wanted = contents_of(wanted_);
    for (const auto& [content, line] : wanted) {
      if (present.contains(content)) continue;
      const auto here = present_.by_name.find(name_of(line));
      add((here == present_.by_name.end() ? "" : drop_of(here->second.text) + ", ") + "ADD " + line);
    }
    for (const auto& [content, line] : present) {
      if (wanted.contains(content)) continue;
      const auto there = wanted_.by_name.find(name_of(line));
      const std::string other = there == wanted_.by_name.end() ? "" : content_of(there->second.text);
      const bool replaced = !other.empty() && !present.contains(other);
      if (!replaced) add(drop_of(line), true, line.starts_with("KEY "));
    }
  }

  bool alike_;
  const rows::Table& present_table_;
  const rows::Table& wanted_table_;
  Lines present_;
  Lines wanted_;
  std::vector<std::string> foreign_keys_;  // "(`a`,`b`)": their columns
  std::vector<ShapeChange> out_;
};

}  // namespace

std::vector<ShapeChange> shape_changes(const rows::Table& present, const rows::Table& wanted, Servers servers,
                                       const std::string& source_create) {
  return Comparison(present, wanted, servers, source_create).run();
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
