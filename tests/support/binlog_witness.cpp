#include "tests/support/binlog_witness.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <list>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "common/sql/identifiers.h"
#include "loader/retention/archive/names.h"
#include "tests/support/process.h"
#include "tests/support/server_program.h"

namespace dw::test {
namespace {

std::string unquoted_name(const std::string& text) {
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    out += text[i];
    if (text[i] == '`') ++i;
  }
  return out;
}

// `a`.`b` at `from`; the end of each name is a ` that no other follows.
std::vector<std::string> names_in(const std::string& line, std::size_t from) {
  std::vector<std::string> out;
  for (std::size_t at = line.find('`', from); at != std::string::npos; at = line.find('`', at)) {
    std::size_t end = at + 1;
    while (end < line.size() && (line[end] != '`' || (end + 1 < line.size() && line[end + 1] == '`')))
      end += line[end] == '`' ? 2 : 1;
    out.push_back(unquoted_name(line.substr(at, end + 1 - at)));
    at = end + 1;
    if (out.size() == 2 || at >= line.size() || line[at] != '.') break;
  }
  return out;
}

// Without comments and with keywords in upper case, where it is DDL as gh-ost writes it.
std::string plain_ddl(std::string text) {
  static const std::regex kDdl(R"(^(?:rename|alter)\b)", std::regex::icase);
  static const std::regex kComment(R"(/\*.*?\*/ ?)");
  static const std::regex kTo(R"( to )");
  if (!std::regex_search(text, kDdl)) return text;
  text = std::regex_replace(std::regex_replace(text, kComment, ""), kTo, " TO ");
  for (const char* word : {"rename", "alter", "table"}) {
    std::string upper(word);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    text = std::regex_replace(text, std::regex("\\b" + std::string(word) + "\\b"), upper);
  }
  return text;
}

// Reads what `mariadb-binlog -v --print-table-metadata` writes.
class Reader {
 public:
  void line(const std::string& logged) {
    const std::string text = logged.starts_with('#') ? logged : plain_ddl(logged);
    if (!text.starts_with('#')) note_foreign_keys(text);
    if (text.find("Table_map: `") != std::string::npos) {
      const auto names = names_in(text, text.find("Table_map: "));
      mapped_ = &tables_[names];
      *mapped_ = {names.at(0), names.at(1), names.at(1), {}, {}, {}};
    } else if (text.starts_with("# Columns(") || text.starts_with("#         `")) {
      const auto names = names_in(text, 0);
      std::string type = text.substr(text.find("` ", text.find('`')) + 2);
      if (type.ends_with(',') || type.ends_with(')')) type.pop_back();
      mapped_->columns.push_back({names.at(0), type, ""});
    } else if (text.starts_with("# Primary Key(")) {
      std::istringstream in(text.substr(14, text.size() - 15));
      for (std::string name; std::getline(in, name, ',');) {
        name.erase(0, name.find_first_not_of(' '));
        mapped_->key.push_back(name.substr(0, name.find('(')));
      }
    } else if (text.starts_with("RENAME") ||
               (text.starts_with("ALTER") && text.find("RENAME") != std::string::npos)) {
      log.renames.push_back(text);
      note_renames(text);
    } else if (text.starts_with("ALTER")) {
      note_renames(text);
    } else if (text.starts_with("### ")) {
      row_line(text.substr(4));
    } else if (text.find("\tXid = ") != std::string::npos || text.starts_with("COMMIT")) {
      std::move(open_.begin(), open_.end(), std::back_inserter(log.events));
      open_.clear();
    } else if (text == "ROLLBACK") {
      open_.clear();
    }
  }

  WitnessLog log;

 private:
  // Of plain names: RENAME TABLE a TO b, c TO d; ALTER TABLE a RENAME TO b, CHANGE [COLUMN] a b …, RENAME
  // COLUMN a TO b.
  void note_renames(const std::string& text) {
    static const std::regex kTables(R"((?:`?\w+`?\.)?`?(\w+)`? TO (?:`?\w+`?\.)?`?(\w+)`?)");
    static const std::regex kAlter(R"(^ALTER TABLE (?:`?\w+`?\.)?`?(\w+)`? (.*))");
    static const std::regex kTable(R"(^RENAME (?:TO )?(?:`?\w+`?\.)?`?(\w+)`?)");
    static const std::regex kColumn(R"((?:CHANGE(?: COLUMN)?|RENAME COLUMN) `?(\w+)`?(?: TO)? `?(\w+)`?)");
    std::smatch match;
    if (text.starts_with("RENAME")) {
      for (std::sregex_iterator at(text.begin(), text.end(), kTables); at != std::sregex_iterator(); ++at)
        add_rename(RowEvent::Kind::rename_table, "", (*at)[1], (*at)[2]);
    } else if (std::regex_match(text, match, kAlter)) {
      const std::string table = match[1];
      const std::string rest = match[2];
      if (std::regex_search(rest, match, kColumn)) {
        if (log.set_by_keys.contains(match[1])) log.set_by_keys.insert(match[2]);
        add_rename(RowEvent::Kind::rename_column, table, match[1], match[2]);
      } else if (std::regex_search(rest, match, kTable)) {
        add_rename(RowEvent::Kind::rename_table, "", table, match[1]);
      }
    }
  }

  void note_foreign_keys(const std::string& text) {
    static const std::regex kForeignKey(
        R"(FOREIGN KEY[^(]*\(`?(\w+)`?\) REFERENCES [^(]*\([^)]*\)((?: ON (?:DELETE|UPDATE) (?:SET NULL|CASCADE|RESTRICT|NO ACTION))*))");
    if (text.find("FOREIGN KEY") == std::string::npos) return;
    for (std::sregex_iterator at(text.begin(), text.end(), kForeignKey); at != std::sregex_iterator(); ++at) {
      const std::string actions = (*at)[2];
      if (actions.find("SET NULL") != std::string::npos ||
          actions.find("UPDATE CASCADE") != std::string::npos)
        log.set_by_keys.insert((*at)[1]);
    }
  }

  void add_rename(RowEvent::Kind kind, const std::string& table, const std::string& from,
                  const std::string& to) {
    RowEvent& event = log.events.emplace_back();
    event.kind = kind;
    event.before.table = table;
    event.from = from;
    event.to = to;
  }

  void row_line(const std::string& text) {
    const auto begins = [&](RowEvent::Kind kind) {
      const RowImage& table = tables_.at(names_in(text, 0));
      open_.push_back({kind, table, table});
      into_ = kind == RowEvent::Kind::insert ? &open_.back().after : &open_.back().before;
    };
    if (text.starts_with("INSERT INTO")) return begins(RowEvent::Kind::insert);
    if (text.starts_with("UPDATE")) return begins(RowEvent::Kind::update);
    if (text.starts_with("DELETE FROM")) return begins(RowEvent::Kind::remove);
    if (text == "SET") into_ = &open_.back().after;
    if (text == "SET" || text == "WHERE") return;
    const std::size_t at = text.find('@');
    if (text.find_first_not_of(' ') != at) return;  // "Extra row info for partitioning"
    const std::size_t equals = text.find('=');
    const std::size_t column = std::stoul(text.substr(at + 1, equals - at - 1)) - 1;
    into_->columns.at(column).value = text.substr(equals + 1);
  }

  std::map<std::vector<std::string>, RowImage> tables_;  // as they were described last, without values
  RowImage* mapped_ = nullptr;                           // that one
  RowImage* into_ = nullptr;
  std::vector<RowEvent> open_;  // of the transaction
};

std::string hex(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "x'";
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return out + "'";
}

// MariaDB writes control characters as \xHH and everything else as it is; MySQL escapes ' and \ too.
std::string text_of(const std::string& value, ServerKind kind) {
  std::string out;
  for (std::size_t i = 1; i + 1 < value.size(); ++i) {
    const bool last = i + 2 >= value.size();
    if (value[i] != '\\' || last) {
      out += value[i];
    } else if (value[i + 1] == 'x' && i + 4 < value.size() && std::isxdigit(value[i + 2]) != 0) {
      out += static_cast<char>(std::stoi(value.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else if (kind == ServerKind::mysql) {
      ++i;
      out += value[i] == 'n' ? '\n' : value[i] == 'r' ? '\r' : value[i] == 't' ? '\t' : value[i];
    } else {
      out += value[i];
    }
  }
  return out;
}

// ENUM('a', 'b\'c'): the labels.
std::vector<std::string> labels(const std::string& type) {
  std::vector<std::string> out;
  bool inside = false;
  for (std::size_t i = type.find('('); i < type.size(); ++i) {
    if (type[i] == '\'') {
      inside = !inside;
      if (inside) out.emplace_back();
    } else if (inside) {
      if (type[i] == '\\') ++i;
      out.back() += type[i];
    } else if (type[i] == ')') {
      break;
    }
  }
  return out;
}

std::string enumerated(const WitnessColumn& column) {
  const std::vector<std::string> names = labels(column.type);
  if (column.type.starts_with("ENUM")) {
    const std::size_t index = std::stoul(column.value);
    return index == 0 || index > names.size() ? "" : names[index - 1];
  }
  std::string out;
  const std::string bits = column.value.substr(2, column.value.size() - 3);  // b'0011'
  for (std::size_t i = 0; i < names.size() && i < bits.size(); ++i) {
    if (bits[bits.size() - 1 - i] == '1') out += (out.empty() ? "" : ",") + names[i];
  }
  return out;
}

std::string charset_of(const std::string& type) {
  const std::size_t at = type.find(" CHARSET ");
  return at == std::string::npos ? "" : type.substr(at + 9, type.find(' ', at + 9) - at - 9);
}

// A condition that the mirror's column `name` has the value; empty where it cannot be told.
std::string condition(const WitnessColumn& column, ServerKind kind, bool mirror_is_mariadb) {
  const std::string name = sql::quote_identifier(column.name);
  const std::string& type = column.type;
  const std::string& value = column.value;
  const auto is = [&](const char* word) { return type.starts_with(word); };
  if (value.empty() || value.starts_with("!!") || is("GEOMETRY") || is("POINT")) return "";
  if (value == "NULL") return name + " IS NULL";
  if (is("ENUM") || is("SET")) return "CAST(" + name + " AS BINARY) = " + hex(enumerated(column));
  if (is("FLOAT") || is("DOUBLE")) return "ABS(" + name + " - (" + value + ")) <= ABS(" + name + ") * 1e-5";
  if (is("TIMESTAMP"))
    return name + (std::stod(value) == 0 ? " = '0000-00-00'" : " = FROM_UNIXTIME(" + value + ")");
  if (is("YEAR") && value == "1900") return name + " = 0";  // it prints the year 0 so
  if (is("BIT")) return "CAST(" + name + " AS UNSIGNED) = CAST(" + value + " AS UNSIGNED)";
  if (is("DATE") && !is("DATETIME")) {
    std::string date = value;
    std::replace(date.begin(), date.end(), ':', '-');
    return name + " = " + date;
  }
  if (!value.starts_with('\'')) {
    const std::size_t other = value.find(" (");
    if (other == std::string::npos) return name + " = " + value;
    return name + " IN (" + value.substr(0, other) + ", " +
           value.substr(other + 2, value.size() - other - 3) + ")";
  }
  if (is("DATETIME") || is("TIME")) return name + " = " + value;
  const std::string bytes = text_of(value, kind);
  if (is("JSON")) {
    const std::string literal = "CONVERT(" + hex(bytes) + " USING utf8mb4)";
    // MySQL's program prints a string that is the whole value without its quotes.
    if (!nlohmann::json::accept(bytes)) return "JSON_UNQUOTE(" + name + ") = " + literal;
    return mirror_is_mariadb ? "JSON_EQUALS(" + name + ", " + literal + ")"
                             : name + " = CAST(" + literal + " AS JSON)";
  }
  // Of BINARY(n) the zero bytes at the end are not printed.
  if (is("BINARY(")) return "TRIM(TRAILING '\\0' FROM CAST(" + name + " AS BINARY)) = " + hex(bytes);
  const std::string charset = charset_of(type);
  if (charset.empty() || charset == "binary") return "CAST(" + name + " AS BINARY) = " + hex(bytes);
  return "CAST(CONVERT(" + name + " USING utf8mb4) AS BINARY) = CAST(CONVERT(_" + charset + " " + hex(bytes) +
         " USING utf8mb4) AS BINARY)";
}

const WitnessColumn* column_of(const RowImage& image, const std::string& name) {
  const auto found = std::find_if(image.columns.begin(), image.columns.end(),
                                  [&](const WitnessColumn& one) { return one.name == name; });
  return found == image.columns.end() ? nullptr : &*found;
}

// The same row, as far as both have its columns.
bool agree(const RowImage& a, const RowImage& b) {
  std::size_t common = 0;
  for (const WitnessColumn& column : a.columns) {
    const WitnessColumn* other = column_of(b, column.name);
    if (other == nullptr) continue;
    if (other->value != column.value) return false;
    ++common;
  }
  return common > 0;
}

bool lacks_column_of(const RowImage& image, const RowImage& other) {
  return std::any_of(other.columns.begin(), other.columns.end(),
                     [&](const WitnessColumn& column) { return column_of(image, column.name) == nullptr; });
}

bool rename_column(RowImage& image, const std::string& from, const std::string& to) {
  const auto found = std::find_if(image.columns.begin(), image.columns.end(),
                                  [&](const WitnessColumn& one) { return one.name == from; });
  if (found == image.columns.end()) return false;
  found->name = to;
  return true;
}

std::string described(const RowImage& image) {
  std::string out = image.schema + "." + image.table + ":";
  for (const WitnessColumn& column : image.columns) out += " " + column.name + "=" + column.value;
  return out;
}

// Follows the rows through the log: what must be on the mirror at the end.
class Ledger {
 public:
  explicit Ledger(Former former) : former_(former) {}

  void add(const RowEvent& event) {
    if (event.kind == RowEvent::Kind::rename_table || event.kind == RowEvent::Kind::rename_column)
      return rename(event);
    if (event.kind != RowEvent::Kind::insert) {
      forget(event.before);
      const bool key_changes =
          std::any_of(event.before.key.begin(), event.before.key.end(), [&](const auto& name) {
            const WitnessColumn* before = column_of(event.before, name);
            const WitnessColumn* after = column_of(event.after, name);
            return before != nullptr && after != nullptr && before->value != after->value;
          });
      if (event.kind == RowEvent::Kind::remove || key_changes || former_ == Former::all)
        required.push_back(event.before);
    }
    if (event.kind != RowEvent::Kind::remove) note(event.after);
  }

  void finish() { std::move(present_.begin(), present_.end(), std::back_inserter(required)); }

  std::vector<RowImage> required;

 private:
  using Place = std::list<RowImage>::iterator;

  void note(RowImage image) {
    present_.push_back(std::move(image));
    by_text_.emplace(described(present_.back()), std::prev(present_.end()));
  }

  // The row as the log showed it last is superseded; columns that it had and has no more were dropped, and
  // must have been kept.
  void forget(const RowImage& image) {
    if (const auto known = by_text_.upper_bound(described(image));
        known != by_text_.begin() && std::prev(known)->second->columns == image.columns &&
        std::prev(known)->first == described(image)) {
      present_.erase(std::prev(known)->second);
      by_text_.erase(std::prev(known));
      return;
    }
    for (const bool same_table : {true, false}) {
      for (const bool exact : {true, false}) {  // a MODIFY changed a type
        const auto found = std::find_if(present_.rbegin(), present_.rend(), [&](const RowImage& one) {
          const bool table = one.schema == image.schema && one.table == image.table;
          return (table || !same_table) && (exact ? one.columns == image.columns : agree(one, image));
        });
        if (found == present_.rend()) continue;
        if (lacks_column_of(image, *found)) required.push_back(*found);
        present_.erase(std::next(found).base());
        index();
        return;
      }
    }
  }

  void index() {
    by_text_.clear();
    for (Place one = present_.begin(); one != present_.end(); ++one) by_text_.emplace(described(*one), one);
  }

  void rename(const RowEvent& event) {
    for (RowImage& image : present_) {
      if (event.kind == RowEvent::Kind::rename_table) {
        if (image.now == event.from) image.now = event.to;
        continue;
      }
      if (image.now != event.before.table) continue;
      if (rename_column(image, event.from, event.to)) image.renamed.emplace_back(event.from, event.to);
    }
    index();
  }

  Former former_;
  std::list<RowImage> present_;
  std::multimap<std::string, Place> by_text_;  // the newest of equal ones last
};

class Search {
 public:
  Search(mysql::Connection& mirror, ServerKind kind, const std::set<std::string>& set_by_keys)
      : mirror_(mirror), kind_(kind), silent_(set_by_keys) {
    mirror_.execute("SET NAMES utf8mb4");
    mirror_.execute("SET time_zone='+00:00', sql_mode=''");
    for (const auto& row : mirror_.rows("SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES "
                                        "WHERE TABLE_SCHEMA LIKE '%|_all' "
                                        "ESCAPE '|'"))
      views_.insert({row[0].value_or(""), row[1].value_or("")});
  }

  // With its columns' present names, or as it was before some were renamed: another column may have been
  // dropped then.
  bool finds_by_some_names(RowImage image, std::size_t times, bool renamed) {
    while (!finds(image, times, renamed)) {
      if (image.renamed.empty()) return false;
      const auto [from, to] = image.renamed.back();
      image.renamed.pop_back();
      rename_column(image, to, from);
    }
    return true;
  }

  // At least `times` such rows. `renamed`: they may be under another name now.
  bool finds(const RowImage& image, std::size_t times, bool renamed) {
    const load::TableId own{load::view_schema(image.schema), image.table};
    for (const bool all_columns : {true, false}) {
      std::size_t found = views_.contains(own) ? count(own, image, all_columns) : 0;
      for (const load::TableId& view : views_) {
        if (renamed && view != own) found += count(view, image, all_columns);
      }
      if (found >= times) return true;
    }
    return false;
  }

 private:
  std::size_t count(const load::TableId& view, const RowImage& image, bool all_columns) {
    std::string where;
    for (const WitnessColumn& column : image.columns) {
      if (!all_columns && silent_.contains(column.name)) continue;
      const std::string one = condition(column, kind_, mirror_.is_mariadb());
      if (!one.empty()) where += (where.empty() ? " WHERE " : " AND ") + one;
    }
    try {
      return std::stoull(mirror_.value("SELECT COUNT(*) FROM " + load::quoted(view) + where).value_or("0"));
    } catch (const mysql::SqlError&) {
      return 0;  // it has no such columns
    }
  }

  mysql::Connection& mirror_;
  ServerKind kind_;
  std::set<load::TableId> views_;
  const std::set<std::string>& silent_;
};

}  // namespace

std::vector<std::string> witness_options(ServerKind kind) {
  std::vector<std::string> out{"--log-bin=binlog", "--server-id=1", "--binlog-row-metadata=FULL"};
  if (kind == ServerKind::mariadb) out.emplace_back("--binlog-format=ROW");
  return out;
}

WitnessLog read_witness(const DatabaseServer& server) {
  server.sql("SET sql_log_off=1; FLUSH BINARY LOGS");
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(server.data_directory())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("binlog.0")) files.insert(entry.path().string());
  }
  if (!files.empty()) files.erase(std::prev(files.end()));  // the one that is being written
  std::vector<std::string> words = server.kind() == ServerKind::mariadb
                                       ? std::vector<std::string>{"mariadb-binlog"}
                                       : mysql_root_command("/usr/bin/mysqlbinlog");
  words.insert(words.end(), {"--no-defaults", "-v", "--base64-output=DECODE-ROWS", "--print-table-metadata"});
  words.insert(words.end(), files.begin(), files.end());
  Reader reader;
  std::istringstream in(run_or_throw(words));
  for (std::string line; std::getline(in, line);) {
    try {
      reader.line(line);
    } catch (const std::logic_error& error) {
      throw std::runtime_error("not understood in the binary log: " + line + " (" + error.what() + ")");
    }
  }
  return std::move(reader.log);
}

std::vector<std::string> lost_rows(const WitnessLog& log, mysql::Connection& mirror, ServerKind kind,
                                   Former former) {
  Ledger ledger(former);
  for (const RowEvent& event : log.events) ledger.add(event);
  ledger.finish();
  std::map<std::string, std::pair<const RowImage*, std::size_t>> distinct;
  for (const RowImage& image : ledger.required) {
    auto& [one, times] = distinct[described(image)];
    one = &image;
    ++times;
  }
  Search search(mirror, kind, log.set_by_keys);
  std::vector<std::string> out;
  for (const auto& [text, image] : distinct) {
    const bool renamed = std::any_of(log.renames.begin(), log.renames.end(),
                                     [&, table = &image.first->table](const std::string& one) {
                                       return one.find(*table) != std::string::npos;
                                     });
    if (!search.finds_by_some_names(*image.first, image.second, renamed))
      out.push_back(text + (image.second > 1 ? " (" + std::to_string(image.second) + " times)" : ""));
  }
  return out;
}

}  // namespace dw::test
