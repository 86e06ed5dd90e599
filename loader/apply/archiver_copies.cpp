// Archiver's part that tells whether rows left that were copied before a procedure was called.
#include "common/sql/identifiers.h"
#include "loader/apply/archiver.h"

namespace dw::load {
namespace {

constexpr const char* kOfTriggers = "'delete','replace','cascade','key update','update'";

// a and t are the same to the last byte; by the key first, for its index.
std::string same_row(const TableShape& shape) {
  std::string out;
  for (const KeyPart& part : shape.key) {
    const std::string name = sql::quote_identifier(part.column);
    out += (out.empty() ? "a." : " AND a.") + name + " <=> t." + name;
  }
  for (const ShapeColumn& column : shape.columns) {
    const std::string name = sql::quote_identifier(column.name);
    out += column.charset.empty() ? " AND a." + name + " <=> t." + name
                                  : " AND CAST(a." + name + " AS BINARY) <=> CAST(t." + name + " AS BINARY)";
  }
  return out;
}

// Where no key tells a row from another: the same for the same rows in any order.
std::string sum_of_rows(const TableShape& shape, const std::string& alias) {
  std::string values;
  for (const ShapeColumn& column : shape.columns)
    values += ", COALESCE(HEX(" + alias + "." + sql::quote_identifier(column.name) + "), '-')";
  return "CONCAT(COUNT(*), ' ', COALESCE(SUM(CRC32(CONCAT_WS(' '" + values + "))), 0))";
}

}  // namespace

// A row that went and came again with its key and other values has left; so has one that a trigger kept for
// the event, which a void copy would hide with it. Where no copy is found the table has another shape by now.
bool Archiver::some_left(const TableId& table, const std::string& reason, const std::string& event) {
  const TableShape* shape = find(table);
  if (shape == nullptr) return true;
  set_session();
  bool found = false;
  for (const ArchiveTarget& target : by_copy_.at(table).targets) {
    const std::string of_event =
        " FROM " + quoted(target.table) + " a WHERE a.dw_event=" + sql::quote_literal(event);
    const std::string kept = of_event + " AND a.dw_reason=" + sql::quote_literal(reason);
    const std::string sql = shape->key.empty()
                                ? "SELECT (SELECT COUNT(*)" + kept + ") > 0 AND NOT (SELECT " +
                                      sum_of_rows(*shape, "a") + kept + ") <=> (SELECT " +
                                      sum_of_rows(*shape, "t") + " FROM " + quoted(table) + " t)"
                                : "SELECT EXISTS (SELECT 1" + kept + " AND NOT EXISTS (SELECT 1 FROM " +
                                      quoted(table) + " t WHERE " + same_row(*shape) + "))";
    if (connection_.value(sql) == "1") return true;
    const std::string of_triggers = of_event + " AND a.dw_reason IN (" + kOfTriggers + ")";
    if (connection_.value("SELECT EXISTS (SELECT 1" + of_triggers + ")") == "1") return true;
    found = found || connection_.value("SELECT EXISTS (SELECT 1" + kept + ")") == "1";
  }
  return !found;
}

}  // namespace dw::load
