// What a table is, as far as its archive depends on it. Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace dw::load {

struct TableId {
  std::string schema;
  std::string table;
  auto operator<=>(const TableId&) const = default;
};

// `schema`.`table`
std::string quoted(const TableId& id);

struct ShapeColumn {
  std::string name;
  std::string type;       // COLUMN_TYPE of information_schema: "int(10) unsigned"
  std::string charset;    // empty: has none
  std::string collation;  // empty: has none
  bool nullable = true;   // no part of the shape: an archive's columns all are

  bool operator==(const ShapeColumn& other) const {
    return name == other.name && type == other.type && charset == other.charset &&
           collation == other.collation;
  }
};

struct KeyPart {
  std::string column;
  std::optional<std::uint64_t> prefix;  // characters, or bytes of a binary column
};

struct TableShape {
  TableId id;
  std::string engine;
  std::string charset;     // of columns that name none
  bool versioned = false;  // MariaDB's WITH SYSTEM VERSIONING
  std::vector<ShapeColumn> columns;
  std::vector<KeyPart> key;  // the primary key, else the first unique key, else none
  bool key_is_primary = false;

  // Rows come and go with their transaction (InnoDB); MyISAM's and Aria's do not.
  [[nodiscard]] bool transactional() const;
};

// The columns as dw_meta.archives keeps them: a JSON list of {"name", "type", "charset", "collation"}.
std::string shape_text(const std::vector<ShapeColumn>& columns);
std::vector<ShapeColumn> shape_from(std::string_view text);

// What a foreign key does to the rows that refer to one which goes, or gets other values.
enum class KeyAction : std::uint8_t { none, cascade, set_null };

struct CascadeEdge {
  TableId child;
  std::vector<std::string> columns;
  TableId parent;
  std::vector<std::string> referenced;
  std::string unless{};  // a condition over OLD of the parent: nothing is done where it holds
  KeyAction on_delete = KeyAction::cascade;
  KeyAction on_update = KeyAction::none;
};

}  // namespace dw::load
