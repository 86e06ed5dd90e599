// How fast statements are lexed and classified, on texts such as logs hold, beside what a pass over the same
// bytes costs that does nothing but find quotes: a loop over every byte, and memchr for each quote. Prints
// MB/s of processor time and ratios, and beside it MB/s by the clock, which other programs on the machine
// make less. Usage: sql_bench [MEGABYTES]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/statement.h"

namespace {

constexpr int kRounds = 5;
constexpr double kTarget = 200;  // MB/s, for lexer and classes

struct Log {
  const char* name;
  std::vector<std::string> texts;
  [[nodiscard]] std::size_t bytes() const {
    std::size_t out = 0;
    for (const std::string& text : texts) out += text.size();
    return out;
  }
};

// Fills a log with what `text` gives for 0, 1, 2 … up to a size.
Log make_log(const char* name, std::size_t bytes, const std::function<std::string(int)>& text) {
  Log log{name, {}};
  std::size_t have = 0;
  for (int i = 0; have < bytes; ++i) {
    log.texts.push_back(text(i));
    have += log.texts.back().size();
  }
  return log;
}

// oltp_read_write of sysbench, as it stands in the log.
std::string sysbench_text(int i) {
  const std::string id = std::to_string(4'000 + i * 7'919 % 100'000);
  const std::string to = std::to_string(4'099 + i * 7'919 % 100'000);
  const std::string pad =
      "68487932199-96439406143-93774651418-41631865787-96406072701-20604855487-25459966574-28203206787";
  switch (i % 10) {
    case 0:
      return "BEGIN";
    case 1:
      return "SELECT c FROM sbtest1 WHERE id=" + id;
    case 2:
      return "SELECT c FROM sbtest1 WHERE id BETWEEN " + id + " AND " + to;
    case 3:
      return "SELECT SUM(k) FROM sbtest1 WHERE id BETWEEN " + id + " AND " + to;
    case 4:
      return "SELECT DISTINCT c FROM sbtest1 WHERE id BETWEEN " + id + " AND " + to + " ORDER BY c";
    case 5:
      return "UPDATE sbtest1 SET k=k+1 WHERE id=" + id;
    case 6:
      return "UPDATE sbtest1 SET c='" + pad + "' WHERE id=" + id;
    case 7:
      return "DELETE FROM sbtest1 WHERE id=" + id;
    case 8:
      return "INSERT INTO sbtest1 (id, k, c, pad) VALUES (" + id + ", " + to + ", '" + pad + "', '" +
             pad.substr(0, 59) + "')";
    default:
      return "COMMIT";
  }
}

// What a web shop's framework sends.
std::string shop_text(int i) {
  const std::string n = std::to_string(i);
  switch (i % 5) {
    case 0:
      return "INSERT INTO `orders` (`customer_id`, `total`, `state`, `note`, `created_at`) VALUES (" + n +
             ", 129.50, 'new', 'leave it at the neighbour\\'s door, please', '2026-11-21 10:11:12')";
    case 1:
      return "SELECT `o`.`id`, `o`.`total`, `c`.`name` FROM `orders` AS `o` INNER JOIN `customers` AS `c` ON "
             "`c`.`id` = "
             "`o`.`customer_id` WHERE `o`.`state` IN ('new', 'paid') AND `o`.`customer_id` = " +
             n + " ORDER BY `o`.`created_at` DESC LIMIT 20";
    case 2:
      return "UPDATE `customers` SET `last_seen` = NOW(), `visits` = `visits` + 1 WHERE `id` = " + n;
    case 3:
      return "INSERT INTO `cache` (`key`, `value`) VALUES ('page:" + n + "', '" + std::string(1'500, 'x') +
             "') ON DUPLICATE KEY UPDATE `value` = VALUES(`value`)";
    default:
      return "/* shop:cart */ DELETE FROM `cart_items` WHERE `cart_id` = " + n + " AND `product_id` = 17";
  }
}

// A line of a dump: 500 rows.
std::string dump_text(int i) {
  std::string out = "INSERT INTO `people` VALUES ";
  for (int row = 0; row < 500; ++row) {
    const std::string n = std::to_string(i * 500 + row);
    out += (row == 0 ? "(" : ",(") + n + ",'Surname" + n + "','Given','some.one" + n +
           "@example.org',NULL,12.75,'2026-01-02 03:04:05','It\\'s a note of some words')";
  }
  return out;
}

std::string procedure_text(int i) {
  std::string out =
      "CREATE PROCEDURE p" + std::to_string(i) + "(IN a INT, OUT b INT)\nBEGIN\n  DECLARE v INT DEFAULT 0;\n";
  for (int block = 0; block < 60; ++block) {
    out += "  IF a > " + std::to_string(block) +
           " THEN\n    UPDATE stock SET amount = amount - 1 WHERE id = a; -- one less\n    INSERT INTO moves "
           "(stock_id, "
           "moved_at) VALUES (a, NOW());\n  ELSE\n    SET v = v + 1;\n  END IF;\n";
  }
  return out + "  SET b = v;\nEND";
}

double seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// In MB/s, best of some rounds.
struct Speed {
  double cpu = 0;   // by the processor's time that this program took
  double wall = 0;  // by the clock
};

// `work` gives a number that depends on all it did.
Speed speed(const Log& log, const std::function<std::size_t(const std::string&)>& work) {
  double cpu = 1e9;
  double wall = 1e9;
  volatile std::size_t kept = 0;
  for (int round = 0; round < kRounds; ++round) {
    const double cpu_started = seconds(CLOCK_PROCESS_CPUTIME_ID);
    const double wall_started = seconds(CLOCK_MONOTONIC);
    std::size_t sum = 0;
    for (const std::string& text : log.texts) sum += work(text);
    kept = kept + sum;
    cpu = std::min(cpu, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_started);
    wall = std::min(wall, seconds(CLOCK_MONOTONIC) - wall_started);
  }
  const double megabytes = static_cast<double>(log.bytes()) / 1e6;
  return {megabytes / cpu, megabytes / wall};
}

std::size_t count_quotes_by_loop(const std::string& text) {
  std::size_t quotes = 0;
  bool escaped = false;
  for (const char c : text) {
    if (c == '\'' && !escaped) ++quotes;
    escaped = c == '\\' && !escaped;
  }
  return quotes;
}

std::size_t count_quotes_by_memchr(const std::string& text) {
  std::size_t quotes = 0;
  const char* const end = text.data() + text.size();
  for (const char* p = text.data(); p < end; ++p, ++quotes) {
    p = static_cast<const char*>(std::memchr(p, '\'', static_cast<std::size_t>(end - p)));
    if (p == nullptr) break;
  }
  return quotes;
}

std::size_t lex(const std::string& text) {
  std::size_t tokens = 0;
  dw::sql::Lexer lexer(text);
  while (lexer.next().kind != dw::sql::TokenKind::end) ++tokens;
  return tokens;
}

std::size_t classify(const std::string& text) {
  std::size_t sum = 0;
  for (const dw::sql::Statement& statement : dw::sql::parse_packet(text)) sum += statement.writes.size() + 1;
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t bytes = (argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 32) * 1'000'000;
  const std::vector<Log> logs = {make_log("sysbench oltp_read_write", bytes, sysbench_text),
                                 make_log("web shop", bytes, shop_text),
                                 make_log("dump, 500 rows a statement", bytes, dump_text),
                                 make_log("procedures", bytes, procedure_text)};
  std::printf(
      "MB/s of processor time, best of %d; in brackets: how much of the byte loop's speed lexer and classes "
      "have; last: lexer and classes by the clock\n",
      kRounds);
  std::printf("%-28s %10s %10s %10s %18s %10s\n", "log", "byte loop", "memchr", "lexer", "lexer and classes",
              "by clock");
  bool met = true;
  for (const Log& log : logs) {
    const double loop = speed(log, count_quotes_by_loop).cpu;
    const Speed classes = speed(log, classify);
    met = met && classes.cpu >= kTarget;
    std::printf("%-28s %10.0f %10.0f %10.0f %11.0f (%.2f) %10.0f\n", log.name, loop,
                speed(log, count_quotes_by_memchr).cpu, speed(log, lex).cpu, classes.cpu, classes.cpu / loop,
                classes.wall);
  }
  double load[1] = {0};
  const bool known = getloadavg(load, 1) == 1;
  std::printf(
      "lexer and classes at %.0f MB/s of processor time or more on each: %s; load of the machine: %s\n",
      kTarget, met ? "yes" : "no", known ? std::to_string(load[0]).substr(0, 4).c_str() : "not known");
  return 0;
}
