#include "loader/verify/mirror_tables.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/rows/catalog_reader.h"
#include "common/rows/counter.h"
#include "common/rows/row_line.h"
#include "common/sql/identifiers.h"
#include "common/util/digest.h"
#include "common/util/error.h"
#include "loader/apply/archive_catalog.h"
#include "loader/apply/bookkeeping.h"
#include "loader/verify/comparison.h"

namespace dw::load {
namespace {

using nlohmann::json;

std::string bytes_of_hex(const std::string& digits) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return out;
}

std::string literal_of(const rows::Column& column, const json& value) {
  if (value.is_null()) return rows::literal(column, std::nullopt);
  if (value.is_string()) {
    const auto text = value.get<std::string>();
    return rows::literal(column, text, rows::Form::characters);
  }
  if (value.is_number_integer()) return rows::literal(column, value.dump());
  const std::string bytes = value.contains("hex") ? bytes_of_hex(value.at("hex").get<std::string>())
                                                  : base64_decode(value.at("b64").get<std::string>()).value();
  return rows::literal(column, bytes);
}

rows::Key key_from(const json& values, const rows::Table& table, const std::vector<std::string>& names) {
  rows::Key out;
  for (std::size_t i = 0; i < values.size() && i < names.size(); ++i) {
    const rows::Column& column = table.column(names[i]);
    out.push_back({sql::quote_identifier(column.name), literal_of(column, values[i])});
  }
  return out;
}

std::string select_list(const std::vector<rows::Column>& columns) {
  std::string out;
  for (const rows::Column& column : columns)
    out += (out.empty() ? "" : ",") + rows::select_expression(column);
  return out;
}

std::string order_of(const rows::Table& table) {
  std::string out;
  for (const std::string& name : table.key) out += (out.empty() ? "" : ",") + sql::quote_identifier(name);
  return out;
}

std::vector<std::vector<std::optional<std::string>>> ask(mysql::Connection& connection,
                                                         const std::string& sql) {
  return connection.rows(sql);
}

constexpr std::size_t kRangesAtOnce = 50;

}  // namespace

std::string sql_name(const rows::Table& table) {
  return sql::quote_identifier(table.schema) + "." + sql::quote_identifier(table.name);
}

std::string condition_of(const RowsAsked& asked, const rows::Table& table) {
  const std::vector<std::string>& names = asked.key.empty() ? table.key : asked.key;
  if (!asked.keys.empty()) {
    std::vector<rows::Key> keys;
    for (const json& values : json::parse(asked.keys)) keys.push_back(key_from(values, table, names));
    return rows::any_of(keys);
  }
  std::string out = "TRUE";
  if (!asked.after.empty())
    out += " AND (" + rows::behind(key_from(json::parse(asked.after), table, names)) + ")";
  if (!asked.through.empty())
    out += " AND (" + rows::up_to(key_from(json::parse(asked.through), table, names)) + ")";
  return out;
}

MirrorTables::MirrorTables(const mysql::ConnectOptions& options)
    : connection_(mysql::Connection::open(options)), keys_(connection_) {
  connection_.execute(connection_.is_mariadb() ? "SET max_statement_time=0" : "SET max_execution_time=0");
  connection_.execute("SET @dw = 0 /*!80000 , information_schema_stats_expiry = 0 */");
  set_session();
}

// Values come as they are stored, and go in so, whatever rules production has for new ones.
void MirrorTables::set_session() {
  connection_.execute("SET NAMES utf8mb4");
  connection_.execute("SET character_set_results=NULL");
  connection_.execute("SET sql_mode='NO_AUTO_VALUE_ON_ZERO', time_zone='+00:00', foreign_key_checks=0");
  // MySQL 8 and later answer from a cache otherwise (manual, information_schema_stats_expiry).
  connection_.execute(connection_.is_mariadb() ? "SET check_constraint_checks=0"
                                               : "SET information_schema_stats_expiry=0");
}

const rows::Table* MirrorTables::find(const TableId& table) {
  const auto [place, is_new] = known_.try_emplace(table);
  if (is_new) {
    connection_.execute("SET character_set_results=utf8mb4");
    rows::CatalogAccess access;
    access.mariadb = connection_.is_mariadb();
    access.rows = [this](const std::string& sql) { return ask(connection_, sql); };
    access.show = [this](const std::string& sql) -> std::optional<rows::ServerRow> {
      try {
        auto found = ask(connection_, sql);
        if (found.empty()) return std::nullopt;
        return std::move(found.front());
      } catch (const mysql::SqlError& error) {
        if (error.connection_is_gone()) throw;
        return std::nullopt;  // gone by now, or a table that cannot be opened
      }
    };
    for (rows::Table& one : rows::read_tables(access, {table.schema}, table.table)) {
      if (one.schema == table.schema && one.name == table.table) place->second = std::move(one);
    }
    connection_.execute("SET character_set_results=NULL");
  }
  return place->second ? &*place->second : nullptr;
}

void MirrorTables::forget() {
  known_.clear();
  keys_.forget();
  children_.reset();
  reached_.clear();
}

std::vector<TableId> MirrorTables::tables(const std::set<std::string>& databases) {
  std::vector<TableId> out;
  for (const std::string& schema : live_schemas(connection_, databases)) {
    for (const auto& row :
         connection_.rows("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE "
                          "TABLE','SYSTEM VERSIONED') AND (TABLE_SCHEMA, TABLE_NAME) NOT IN (SELECT "
                          "schema_name, table_name FROM dw_meta.kept_tables WHERE kind='table' AND state <> "
                          "'out') AND TABLE_SCHEMA=" +
                          hex_literal(schema)))
      out.push_back({schema, row[0].value_or("")});
  }
  std::sort(out.begin(), out.end());
  return out;
}

void MirrorTables::read_cascades() {
  children_.emplace();
  for (const auto& row : connection_.rows(
           "SELECT k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.TABLE_SCHEMA, k.TABLE_NAME FROM "
           "information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON "
           "r.CONSTRAINT_SCHEMA=k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME=k.CONSTRAINT_NAME AND "
           "r.TABLE_NAME=k.TABLE_NAME WHERE k.REFERENCED_TABLE_NAME IS NOT NULL AND (r.DELETE_RULE IN "
           "('CASCADE','SET NULL') OR r.UPDATE_RULE IN ('CASCADE','SET NULL'))"))
    (*children_)[{row[0].value_or(""), row[1].value_or("")}].insert(
        {row[2].value_or(""), row[3].value_or("")});
}

const std::set<TableId>& MirrorTables::reached_by_keys(const TableId& table) {
  if (!children_) read_cascades();
  const auto [place, is_new] = reached_.try_emplace(table);
  if (!is_new) return place->second;
  std::set<TableId>& out = place->second;
  std::vector<TableId> waiting{table};
  while (!waiting.empty()) {
    const TableId parent = waiting.back();
    waiting.pop_back();
    const auto children = children_->find(parent);
    if (children == children_->end()) continue;
    for (const TableId& child : children->second) {
      if (out.insert(child).second) waiting.push_back(child);
    }
  }
  return out;
}

std::vector<StoredRow> MirrorTables::rows(const rows::Table& table, const std::vector<rows::Column>& columns,
                                          const std::string& condition) {
  return connection_.rows("SELECT " + select_list(columns) + " FROM " + sql_name(table) + " WHERE " +
                          condition);
}

MirrorTables::SomeRows MirrorTables::rows_up_to(std::uint64_t most_bytes, const rows::Table& table,
                                                const std::vector<rows::Column>& columns,
                                                const std::string& condition) {
  SomeRows out;
  std::vector<rows::Column> parts;
  const std::vector<std::size_t> places = places_of(columns, table.key);
  parts.reserve(places.size());
  for (const std::size_t place : places) parts.push_back(columns[place]);
  std::uint64_t bytes = 0;
  connection_.stream("SELECT " + select_list(columns) + " FROM " + sql_name(table) + " WHERE " + condition +
                         " ORDER BY " + order_of(table),
                     [&](mysql::Row row) {
                       if (bytes >= most_bytes) {
                         std::vector<rows::Value> key;
                         key.reserve(places.size());
                         for (const std::size_t place : places) key.emplace_back(out.rows.back()[place]);
                         rows::append_row(out.through, parts, key);
                         return false;
                       }
                       StoredRow& kept = out.rows.emplace_back();
                       for (const rows::Value& value : row) {
                         kept.push_back(value ? std::optional<std::string>(*value) : std::nullopt);
                         bytes += value ? value->size() : 0;
                       }
                       return true;
                     });
  return out;
}

MirrorTables::Digest MirrorTables::digest(const rows::Table& table, const std::string& condition) {
  const std::vector<rows::Column> columns = table.stored_columns();
  rows::RowDigest digest;
  connection_.stream("SELECT " + select_list(columns) + " FROM " + sql_name(table) + " WHERE " + condition,
                     [&](mysql::Row row) {
                       digest.add(columns, row);
                       return true;
                     });
  return {digest.rows(), digest.text()};
}

std::optional<std::vector<rows::RowChecksum>> MirrorTables::checksums(
    const rows::Table& table, const std::vector<std::string>& conditions, bool same_servers) {
  if (table.key.empty()) return std::nullopt;
  const auto select = rows::checksum_select(table.stored_columns(), table.key_columns(), same_servers);
  if (!select) return std::nullopt;
  std::vector<rows::RowChecksum> out(conditions.size());
  for (std::size_t from = 0; from < conditions.size(); from += kRangesAtOnce) {
    const auto some = std::span(conditions).subspan(from, std::min(kRangesAtOnce, conditions.size() - from));
    for (const auto& row : connection_.rows(rows::checksum_query(*select, sql_name(table), some)))
      out.at(from + std::stoul(row.at(0).value_or(""))) =
          rows::checksum_from(row.at(1).value_or(""), row.at(2).value_or(""));
  }
  return out;
}

std::string MirrorTables::key_behind(const rows::Table& table, const std::string& after, std::uint64_t rows) {
  const std::vector<rows::Column> columns = table.key_columns();
  RowsAsked range;
  range.after = after;
  const auto found = connection_.rows("SELECT " + select_list(columns) + " FROM " + sql_name(table) +
                                      " WHERE " + condition_of(range, table) + " ORDER BY " +
                                      order_of(table) + " LIMIT " + std::to_string(rows - 1) + ",1");
  if (found.empty()) return "";
  const std::vector<rows::Value> values(found[0].begin(), found[0].end());
  std::string out;
  rows::append_row(out, columns, values);
  return out;
}

std::optional<std::uint64_t> MirrorTables::next_id(const rows::Table& table) {
  const auto shown = connection_.rows("SHOW CREATE TABLE " + sql_name(table));
  return shown.empty() ? std::nullopt : rows::shown_counter(shown[0].at(1).value_or(""));
}

std::optional<std::int64_t> MirrorTables::highest_id(const rows::Table& table) {
  for (const rows::Column& column : table.columns) {
    if (!column.auto_increment) continue;
    const auto found =
        connection_.value("SELECT MAX(" + sql::quote_identifier(column.name) + ") FROM " + sql_name(table));
    constexpr std::size_t kSafeDigits = 18;
    if (found && column.kind == rows::ValueKind::integer && found->size() <= kSafeDigits)
      return std::stoll(*found);
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace dw::load
