#include "loader/apply/table_keys.h"

#include <algorithm>
#include <array>
#include <set>

#include "common/util/letter_case.h"
#include "loader/apply/bookkeeping.h"

namespace dw::load {
namespace {

using sql::KeyColumn;
using sql::KeyType;

std::string text_of(const mysql::Value& value) {
  return std::string(value.value_or(""));
}

unsigned integer_bits(const std::string& type) {
  if (type == "tinyint") return 8;
  if (type == "smallint") return 16;
  if (type == "mediumint") return 24;
  if (type == "int") return 32;
  return type == "bigint" ? 64 : 0;
}

// `type` is DATA_TYPE, `full` COLUMN_TYPE, `longest` CHARACTER_MAXIMUM_LENGTH.
KeyColumn column_of(const std::string& name, const std::string& type, const std::string& full,
                    const std::string& longest) {
  KeyColumn out;
  out.name = name;
  if (const unsigned bits = integer_bits(type); bits != 0) {
    out.type = KeyType::integer;
    const bool is_unsigned = full.find("unsigned") != std::string::npos;
    const std::uint64_t half = std::uint64_t{1} << (bits - 1);
    out.most = is_unsigned ? half - 1 + half : half - 1;
    out.least = is_unsigned ? 0 : -static_cast<std::int64_t>(half - 1) - 1;
  } else if (type == "char" || type == "varchar") {
    out.type = KeyType::text;
  } else if (type == "binary" || type == "varbinary") {
    out.type = KeyType::binary;
    out.fixed_length = type == "binary";
  } else if (type == "date") {
    out.type = KeyType::date;
  }
  if (!longest.empty()) out.longest = std::stoull(longest);
  return out;
}

constexpr std::string_view kClock = "current_timestamp";

}  // namespace

// MySQL says CURRENT_TIMESTAMP, MariaDB current_timestamp(); a fraction is CURRENT_TIMESTAMP(6) on both.
bool reads_clock(std::string_view expression) {
  const std::string text = lower(expression);
  return text.find(kClock) != std::string::npos || text.find("now(") != std::string::npos ||
         text.find("curdate") != std::string::npos || text.find("curtime") != std::string::npos ||
         text.find("unix_timestamp") != std::string::npos;
}

bool is_inexact(std::string_view expression) {
  static constexpr std::array<std::string_view, 9> kInexact{"uuid",     "rand(",         "random_bytes",
                                                            "sysdate",  "connection_id", "user()",
                                                            "sys_guid", "nextval",       "next value"};
  const std::string text = lower(expression);
  for (std::size_t at = text.find(kClock); at != std::string::npos; at = text.find(kClock, at + 1)) {
    const std::size_t digit = at + kClock.size() + 1;
    if (digit < text.size() && text[digit - 1] == '(' && text[digit] >= '1' && text[digit] <= '6')
      return true;
  }
  return std::any_of(kInexact.begin(), kInexact.end(),
                     [&](std::string_view name) { return text.find(name) != std::string::npos; });
}

void TableKeys::read_columns(const std::string& where, TableFacts& facts,
                             std::map<std::string, KeyColumn>& columns) {
  connection_.stream(
      "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, EXTRA, COLUMN_DEFAULT, "
      "COLLATION_NAME "
      "FROM information_schema.COLUMNS WHERE " +
          where + " ORDER BY ORDINAL_POSITION",
      [&](mysql::Row row) {
        const std::string name = lower(text_of(row[0]));
        const std::string extra = lower(text_of(row[4]));
        columns[name] = column_of(name, lower(text_of(row[1])), lower(text_of(row[2])), text_of(row[3]));
        const std::string type = lower(text_of(row[1]));
        if (type == "set" || type == "enum") facts.set_columns.push_back(name);
        // Behind CREATE TABLE ... SELECT it has no check that it is JSON (measured on MariaDB 10.11).
        if (type == "longtext" && text_of(row[6]) == "utf8mb4_bin") facts.json_columns.push_back(name);
        // MySQL says DEFAULT_GENERATED of a default.
        if (extra.find(" generated") != std::string::npos) facts.generated = true;
        if (extra.find("auto_increment") != std::string::npos) facts.key.auto_increment = name;
        if (extra.find("invisible") == std::string::npos) facts.key.table_columns.push_back(name);
        const std::string value = text_of(row[5]);
        // A plain text as default is quoted on MariaDB; on MySQL an expression is DEFAULT_GENERATED.
        const bool text_default = value.starts_with('\'');
        if (!text_default && is_inexact(value)) facts.inexact_default = true;
        if (!text_default && reads_clock(value)) facts.clock_default = true;
        if (is_inexact(extra)) facts.inexact_default = true;
        if (reads_clock(extra)) facts.clock_default = true;
        return true;
      });
}

void TableKeys::read_keys(const std::string& where, TableFacts& facts,
                          const std::map<std::string, KeyColumn>& columns) {
  bool whole = true;  // no prefix of a column, no expression
  connection_.stream("SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS WHERE " +
                         where + " AND NON_UNIQUE=0 ORDER BY INDEX_NAME, SEQ_IN_INDEX",
                     [&](mysql::Row row) {
                       if (row[0] != "PRIMARY") {
                         facts.key.other_unique = true;
                         return true;
                       }
                       const auto found = columns.find(lower(text_of(row[1])));
                       if (found == columns.end() || row[2]) {
                         whole = false;
                       } else {
                         facts.key.columns.push_back(found->second);
                       }
                       return true;
                     });
  if (!whole) facts.key.columns.clear();
}

void TableKeys::read_foreign_keys(const std::string& schema, const std::string& table, TableFacts& facts) {
  const std::string where =
      "CONSTRAINT_SCHEMA=" + hex_literal(schema) + " AND TABLE_NAME=" + hex_literal(table);
  const auto foreign =
      connection_.value("SELECT COUNT(*) FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE " + where);
  facts.foreign_key = foreign != "0";
  const auto referenced = connection_.value(
      "SELECT COUNT(*) FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE UNIQUE_CONSTRAINT_SCHEMA=" +
      hex_literal(schema) + " AND REFERENCED_TABLE_NAME=" + hex_literal(table));
  facts.referenced = referenced != "0";
}

const TableFacts& TableKeys::find(const std::string& schema, const std::string& table) {
  const auto [place, is_new] = tables_.try_emplace({schema, table});
  TableFacts& facts = place->second;
  if (!is_new || table.empty()) return facts;
  const std::string where = "TABLE_SCHEMA=" + hex_literal(schema) + " AND TABLE_NAME=" + hex_literal(table);
  std::map<std::string, KeyColumn> columns;
  read_columns(where, facts, columns);
  read_keys(where, facts, columns);
  read_foreign_keys(schema, table, facts);
  const auto bodies = connection_.rows(
      "SELECT ACTION_STATEMENT FROM information_schema.TRIGGERS WHERE ACTION_TIMING='BEFORE' AND "
      "TRIGGER_NAME NOT LIKE 'dw|_archive|_%' ESCAPE '|' AND EVENT_OBJECT_SCHEMA=" +
      hex_literal(schema) + " AND EVENT_OBJECT_TABLE=" + hex_literal(table));
  const auto names_key = [&](const std::string& body) {
    return std::any_of(facts.key.columns.begin(), facts.key.columns.end(),
                       [&](const KeyColumn& column) { return body.find(column.name) != std::string::npos; });
  };
  for (const auto& body : bodies) {
    if (names_key(lower(body[0].value_or("")))) {
      facts.key.columns.clear();
      break;
    }
  }
  return facts;
}

}  // namespace dw::load
