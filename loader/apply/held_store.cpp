#include "loader/apply/held_store.h"

#include <nlohmann/json.hpp>

#include "loader/apply/bookkeeping.h"

namespace dw::load {
namespace {

using Kind = HeldStatement::Kind;

// A packet stays below any server's max_allowed_packet, also in hexadecimal.
constexpr std::size_t kPiece = std::size_t{1} << 20U;
constexpr std::size_t kReadRows = 1000;
constexpr std::size_t kReadBytes = std::size_t{4} << 20U;

constexpr const char* kColumns =
    "number, kind, log_cursor, ordinal, event_at, thread_id, user_host, database_name, settings, sql_mode, "
    "insert_id, statement, charset, server_version";

std::string name_of(Kind kind) {
  return kind == Kind::change ? "change" : kind == Kind::savepoint ? "savepoint" : "earlier";
}

Kind kind_of(std::string_view name) {
  return name == "change" ? Kind::change : name == "savepoint" ? Kind::savepoint : Kind::earlier;
}

std::string settings_literal(const SharedSettings& settings) {
  if (!settings) return "NULL";
  return hex_literal(
      nlohmann::json(*settings).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string values_of(const HeldStatement& one, std::string_view text) {
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  return "(" + hex_literal(one.key) + "," + number(one.number) + ",'" + name_of(one.kind) + "'," +
         hex_literal(one.cursor) + "," + number(one.ordinal) + "," + time_literal(one.event.time) + "," +
         number(one.event.thread_id) + "," + hex_literal(one.event.user_host) + "," +
         (one.database ? hex_literal(*one.database) : "NULL") + "," + settings_literal(one.settings) + "," +
         hex_literal(one.sql_mode) + "," + number(one.insert_id) + "," + hex_literal(text) + "," +
         hex_literal(one.charset) + "," + hex_literal(one.server_version) + ")";
}

// "2026-11-21 05:49:42.123456", as the server prints a DATETIME(6).
Micros time_of(const mysql::Value& value) {
  if (!value) return 0;
  std::string text(*value);
  text[10] = 'T';
  return parse_time(text + "Z").value_or(0);
}

HeldStatement statement_of(const std::string& key, mysql::Row row) {
  const auto text = [&](std::size_t column) { return std::string(row[column].value_or("")); };
  HeldStatement out;
  out.key = key;
  out.number = std::stoull(text(0));
  out.kind = kind_of(text(1));
  out.cursor = text(2);
  out.ordinal = static_cast<std::uint32_t>(std::stoul(text(3)));
  out.event.time = time_of(row[4]);
  out.event.thread_id = std::stoull(text(5));
  out.event.command = Command::query;
  out.event.user_host = text(6);
  if (row[7]) out.database = text(7);
  if (row[8]) out.settings = std::make_shared<Settings>(nlohmann::json::parse(*row[8]).get<Settings>());
  out.sql_mode = text(9);
  out.insert_id = std::stoull(text(10));
  out.event.text = text(11);
  out.charset = text(12);
  out.server_version = text(13);
  return out;
}

}  // namespace

std::vector<HeldTransaction> HeldStore::load() {
  waiting_.clear();
  bytes_ = 0;
  last_numbers_.clear();
  std::vector<HeldTransaction> out;
  connection_.stream(
      "SELECT transaction_key, MAX(number) FROM dw_meta.held GROUP BY transaction_key", [&](mysql::Row row) {
        HeldTransaction& one = out.emplace_back(held_transaction(std::string(row[0].value_or(""))));
        last_numbers_[one.key] = std::stoull(std::string(row[1].value_or("0")));
        return true;
      });
  return out;
}

HeldSummary HeldStore::summary() {
  HeldSummary out;
  connection_.stream("SELECT COUNT(DISTINCT transaction_key), MIN(event_at) FROM dw_meta.held",
                     [&](mysql::Row row) {
                       out.transactions = std::stoull(std::string(row[0].value_or("0")));
                       out.since = time_of(row[1]);
                       return true;
                     });
  return out;
}

HeldStatement& HeldStore::add(HeldStatement statement) {
  statement.number = ++last_numbers_[statement.key];
  bytes_ += statement.event.text.size();
  return waiting_.emplace_back(std::move(statement));
}

void HeldStore::write() {
  const std::string head =
      std::string("INSERT INTO dw_meta.held (transaction_key, ") + kColumns + ") VALUES ";
  std::string rows;
  const auto flush = [&] {
    if (!rows.empty()) connection_.execute(head + rows);
    rows.clear();
  };
  for (const HeldStatement& one : waiting_) {
    const std::string_view text = one.event.text;
    rows += (rows.empty() ? "" : ",") + values_of(one, text.substr(0, kPiece));
    if (rows.size() > kPiece || text.size() > kPiece) flush();
    for (std::size_t at = kPiece; at < text.size(); at += kPiece) {
      connection_.execute(
          "UPDATE dw_meta.held SET statement=CONCAT(statement," + hex_literal(text.substr(at, kPiece)) +
          ") WHERE transaction_key=" + hex_literal(one.key) + " AND number=" + std::to_string(one.number));
    }
  }
  flush();
  waiting_.clear();
  bytes_ = 0;
}

void HeldStore::rename(const std::string& key, const std::string& new_key) {
  connection_.execute("UPDATE dw_meta.held SET transaction_key=" + hex_literal(new_key) +
                      " WHERE transaction_key=" + hex_literal(key));
  const auto known = last_numbers_.extract(key);
  if (!known.empty()) last_numbers_[new_key] = known.mapped();
}

void HeldStore::erase(const std::string& key, std::uint64_t number) {
  connection_.execute("DELETE FROM dw_meta.held WHERE transaction_key=" + hex_literal(key) +
                      " AND number<=" + std::to_string(number));
}

void HeldStore::erase(const std::string& key) {
  connection_.execute("DELETE FROM dw_meta.held WHERE transaction_key=" + hex_literal(key));
  last_numbers_.erase(key);
}

std::uint64_t HeldStore::count(const std::string& key, Kind kind) {
  const auto value =
      connection_.value("SELECT COUNT(*) FROM dw_meta.held WHERE transaction_key=" + hex_literal(key) +
                        " AND kind='" + name_of(kind) + "'");
  return std::stoull(value.value_or("0"));
}

std::vector<HeldStatement> HeldStore::read(const std::string& key, std::uint64_t after,
                                           bool only_savepoints) {
  std::vector<HeldStatement> out;
  std::size_t bytes = 0;
  connection_.stream(std::string("SELECT ") + kColumns +
                         " FROM dw_meta.held WHERE transaction_key=" + hex_literal(key) + " AND number>" +
                         std::to_string(after) + (only_savepoints ? " AND kind<>'change'" : "") +
                         " ORDER BY number LIMIT " + std::to_string(kReadRows),
                     [&](mysql::Row row) {
                       bytes += out.emplace_back(statement_of(key, row)).event.text.size();
                       return bytes < kReadBytes;
                     });
  return out;
}

}  // namespace dw::load
