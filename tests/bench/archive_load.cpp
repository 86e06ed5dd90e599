#include "tests/bench/archive_load.h"

#include <algorithm>

#include "common/log/batch.h"
#include "common/util/digest.h"

namespace dw::test {
namespace {

constexpr Micros kStart = 1'672'531'200 * kSecond;  // 2023-01-01
constexpr Micros kLifeTime = Micros{90} * 86'400 * kSecond;
constexpr std::size_t kKeyLength = 32;

Micros made_at(std::int64_t order) {
  return kStart + order * kSecondsApart * kSecond;
}

std::string key_of(std::int64_t order) {
  return sha256_hex("order " + std::to_string(order)).substr(0, kKeyLength);
}

std::string date_time(Micros time) {
  std::string out = format_time(time).substr(0, 19);
  out[10] = ' ';
  return out;
}

}  // namespace

std::string create_orders(const std::string& schema) {
  return "CREATE TABLE " + schema +
         ".orders (id CHAR(32) CHARACTER SET ascii PRIMARY KEY, customer INT UNSIGNED NOT NULL, created "
         "DATETIME NOT NULL, token CHAR(40) CHARACTER SET ascii NOT NULL, note VARCHAR(100) NOT NULL, KEY "
         "(customer), KEY (created), KEY (token)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;";
}

std::string add_order_indexes(const std::string& table) {
  return "ALTER TABLE " + table + " ADD KEY (customer), ADD KEY (created), ADD KEY (token);";
}

std::string create_numbers(int count) {
  return "CREATE DATABASE bench; CREATE TABLE bench.digits (n INT PRIMARY KEY); INSERT INTO bench.digits "
         "VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9); CREATE TABLE bench.numbers (n INT PRIMARY KEY); "
         "INSERT INTO bench.numbers SELECT n FROM (SELECT a.n + 10*b.n + 100*c.n + 1000*d.n + 10000*e.n AS n "
         "FROM bench.digits a, bench.digits b, bench.digits c, bench.digits d, bench.digits e) x WHERE n < " +
         std::to_string(count) + " ORDER BY n;";
}

std::string insert_orders(const std::string& schema, const Orders& orders) {
  return "INSERT INTO " + schema + ".orders SELECT LEFT(SHA2(CONCAT('order ', o), 256), " +
         std::to_string(kKeyLength) + "), CRC32(o) % 1000003, '2023-01-01' + INTERVAL o * " +
         std::to_string(kSecondsApart) +
         " SECOND, SHA1(o), CONCAT('order number ', o, ', paid by card, delivered to the door') FROM (SELECT "
         "n + " +
         std::to_string(orders.first) + " AS o FROM bench.numbers WHERE n < " + std::to_string(orders.count) +
         " ORDER BY n) x;";
}

std::vector<std::string> delete_by_key(const Orders& orders) {
  std::vector<std::string> out;
  for (std::int64_t order = orders.first; order < orders.first + orders.count; ++order)
    out.push_back("DELETE FROM orders WHERE id='" + key_of(order) + "'");
  return out;
}

std::vector<std::string> delete_by_range(const Orders& orders, int rows_each) {
  std::vector<std::string> out;
  const std::int64_t end = orders.first + orders.count;
  for (std::int64_t order = orders.first; order < end; order += rows_each) {
    const std::int64_t next = std::min(order + rows_each, end);
    out.push_back("DELETE FROM orders WHERE created >= '" + date_time(made_at(order)) + "' AND created < '" +
                  date_time(made_at(next)) + "'");
  }
  return out;
}

std::vector<std::string> delete_both_ways(const Orders& orders) {
  const int by_key = orders.count / 5 * 4;
  std::vector<std::string> out = delete_by_key({orders.first, by_key});
  const std::vector<std::string> ranges =
      delete_by_range({orders.first + by_key, orders.count - by_key}, 200);
  out.insert(out.end(), ranges.begin(), ranges.end());
  return out;
}

std::string batch_of(const std::vector<std::string>& statements, const Orders& orders,
                     std::uint64_t first_event) {
  BatchEncoder encoder;
  BatchHeader header;
  header.source.id = "bench";
  header.source.globals = {{"sql_mode", "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"}};
  header.generations = {generation_fingerprint("bench")};
  header.databases = {"app"};
  const Micros started = made_at(orders.first) + kLifeTime;
  if (first_event > 0) header.after = Cursor{header.generations[0], first_event, started};
  Event event;
  event.index = first_event;
  event.thread_id = 5;
  event.user_host = "app[app] @ web [10.0.0.5]";
  event.time = started;
  event.command = Command::init_db;
  event.text = "app";
  encoder.add(event);
  event.command = Command::query;
  for (const std::string& statement : statements) {
    ++event.index;
    event.time += orders.count * kSecondsApart * kSecond / static_cast<Micros>(statements.size() + 1);
    event.text = statement;
    encoder.add(event);
  }
  header.next = {header.generations[0], event.index + 1, event.time};
  return std::move(encoder).finish(header);
}

}  // namespace dw::test
