#include "loader/retention/kept/kept_table.h"

#include <algorithm>
#include <sstream>

#include "common/sql/identifiers.h"

namespace dw::load {
namespace {

using sql::quote_identifier;

constexpr const char* kLeftAt = "COALESCE(@dw_at, UTC_TIMESTAMP(6))";

std::string list_of(const std::vector<ShapeColumn>& columns, const std::string& row = "") {
  std::string out;
  for (const ShapeColumn& column : columns) out += row + quote_identifier(column.name) + ", ";
  return out;
}

const ShapeColumn* column_named(const std::vector<ShapeColumn>& columns, const std::string& name) {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const ShapeColumn& one) { return one.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

// The columns that both have, separated by commas.
std::string common_columns(const Store& store, const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (column_named(store.columns, name) == nullptr) continue;
    out += (out.empty() ? "" : ", ") + quote_identifier(name);
  }
  return out;
}

std::string same_row(const Store& store, const std::string& kept, const std::string& live) {
  std::string out;
  for (const std::string& column : store.key) {
    const std::string name = quote_identifier(column);
    out += (out.empty() ? "" : " AND ") + kept + "." + name + " = " + live + "." + name;
  }
  return out;
}

std::string definition(const ShapeColumn& column) {
  std::string out = quote_identifier(column.name) + " " + column.type;
  if (!column.charset.empty()) out += " CHARACTER SET " + column.charset + " COLLATE " + column.collation;
  return out;
}

}  // namespace

bool rows_can_stay(const TableShape& shape) {
  const bool whole =
      std::none_of(shape.key.begin(), shape.key.end(), [](const KeyPart& part) { return part.prefix; });
  const bool free = column_named(shape.columns, "dw_left_at") == nullptr &&
                    column_named(shape.columns, "dw_shown") == nullptr;
  return shape.key_is_primary && whole && free && shape.engine == "InnoDB" && !shape.versioned;
}

Store store_for(const TableShape& shape, std::uint64_t number) {
  Store out{shape.id, {"dw_meta", "kept_" + std::to_string(number)}, shape.columns, {}};
  for (const KeyPart& part : shape.key) out.key.push_back(part.column);
  return out;
}

bool fits(const Store& store, const TableShape& shape) {
  const Store wanted = store_for(shape, 0);
  return store.columns == wanted.columns && store.key == wanted.key;
}

bool same_key(const Store& one, const Store& other) {
  return one.key == other.key && std::all_of(one.key.begin(), one.key.end(), [&](const std::string& name) {
           const ShapeColumn* a = column_named(one.columns, name);
           const ShapeColumn* b = column_named(other.columns, name);
           return a != nullptr && b != nullptr && *a == *b;
         });
}

std::string create_store(const Store& store) {
  std::string out = "CREATE TABLE " + quoted(store.table) + " (";
  for (const ShapeColumn& column : store.columns) {
    const bool in_key = std::find(store.key.begin(), store.key.end(), column.name) != store.key.end();
    out += definition(column) + (in_key ? " NOT NULL, " : " NULL DEFAULT NULL, ");
  }
  out += "dw_left_at DATETIME(6) NOT NULL, dw_shown TINYINT NOT NULL DEFAULT 0, PRIMARY KEY (";
  for (const std::string& column : store.key)
    out += (column == store.key.front() ? "" : ", ") + quote_identifier(column);
  return out + "), KEY dw_shown (dw_shown)) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4";
}

std::string note_old(const Store& store) {
  return "REPLACE INTO " + quoted(store.table) + " (" + list_of(store.columns) + "dw_left_at) VALUES (" +
         list_of(store.columns, "OLD.") + kLeftAt + "); ";
}

std::string note_rows(const Store& store, const std::string& with, const std::string& from) {
  return "REPLACE INTO " + quoted(store.table) + " (" + list_of(store.columns) + "dw_left_at) " + with +
         "SELECT " + list_of(store.columns, "t.") + kLeftAt + " FROM " + from;
}

// Without aliases in DELETE: MariaDB looks for them in the connection's database, and there may be none.
std::vector<std::string> take_out(const Store& store) {
  const std::string live = quoted(store.live);
  const std::string kept = quoted(store.table);
  return {"DELETE " + live + " FROM " + live + " JOIN " + kept + " ON " + same_row(store, kept, live) +
              " WHERE " + kept + ".dw_shown = 1",
          "UPDATE " + kept + " SET dw_shown = 0 WHERE dw_shown = 1"};
}

std::vector<std::string> put_in(const Store& store, const std::vector<std::string>& live_columns) {
  const std::string columns = common_columns(store, live_columns);
  const std::string live = quoted(store.live);
  const std::string kept = quoted(store.table);
  const std::string joined = kept + " JOIN " + live + " ON " + same_row(store, kept, live);
  // What left last comes first: it keeps the values of other unique keys.
  return {"DELETE " + kept + " FROM " + joined + " WHERE " + kept + ".dw_shown = 0",
          "INSERT IGNORE INTO " + live + " (" + columns + ") SELECT " + columns + " FROM " + kept +
              " WHERE dw_shown = 0 ORDER BY dw_left_at DESC",
          "UPDATE " + joined + " SET " + kept + ".dw_shown = 1 WHERE " + kept + ".dw_shown = 0",
          "DELETE FROM " + kept + " WHERE dw_shown = 0"};
}

std::string move_rows(const Store& from, const Store& to) {
  std::vector<std::string> names;
  for (const ShapeColumn& column : from.columns) names.push_back(column.name);
  const std::string columns = common_columns(to, names);
  return "INSERT IGNORE INTO " + quoted(to.table) + " (" + columns + ", dw_left_at) SELECT " + columns +
         ", dw_left_at FROM " + quoted(from.table);
}

std::string is_not_kept(const Store& store) {
  return "NOT EXISTS (SELECT 1 FROM " + quoted(store.table) + " AS k WHERE " + same_row(store, "k", "l") +
         " AND k.dw_shown = 1)";
}

// One line for each column, key and constraint; line ends inside of texts are written \n by both servers.
std::string standing_alone(const std::string& create, const TableId& table) {
  std::istringstream in(create);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    const bool foreign_key =
        line.starts_with("  CONSTRAINT `") && line.find("` FOREIGN KEY (") != std::string::npos;
    if (!foreign_key) lines.push_back(line);
  }
  std::string out = "CREATE TABLE " + quoted(table) + " (";
  for (std::size_t i = 1; i < lines.size(); ++i) {
    std::string line = lines[i];
    const bool last = i + 1 < lines.size() && lines[i + 1].starts_with(")");
    if (last && line.ends_with(",")) line.pop_back();
    out += "\n" + line;
  }
  return out;
}

}  // namespace dw::load
