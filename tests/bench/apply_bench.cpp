// How fast a batch is applied, beside what it replaces: the same 100,000 single-row INSERTs through
//   (1) dw-load apply, from a batch;
//   (2) the mysql client, fed the statements in one transaction;
//   (3) PHP's mysqli, one statement at a time with autocommit, as the PHP original did;
//   (4) the same loop in C++ through the client library.
// The mirror writes its log durably at each commit (innodb_flush_log_at_trx_commit=1, the servers' default).
// Prints a table with ratios. Usage: apply_bench [STATEMENTS]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>

#include "common/log/batch.h"
#include "common/mysql/connection.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kRounds = 3;

constexpr const char* kPhpLoop = R"php(<?php
$mirror = new mysqli(null, 'root', '', 'app', 0, $argv[1]);
foreach (file($argv[2], FILE_IGNORE_NEW_LINES) as $line) {
  if (str_starts_with($line, 'INSERT')) $mirror->query(rtrim($line, ';'));
}
)php";

std::string statement(int i) {
  return "INSERT INTO orders (customer, total, state, note) VALUES (" + std::to_string(i % 977) + ", " +
         std::to_string(i % 100) + ".50, 'new', 'order number " + std::to_string(i) + " of the day')";
}

std::string make_batch(int statements) {
  dw::BatchEncoder encoder;
  dw::BatchHeader header;
  header.source.id = "bench";
  header.source.globals = {
      {"sql_mode", "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"}};  // both servers' default has it
  header.generations = {dw::generation_fingerprint("bench")};
  dw::Event event;
  event.thread_id = 5;
  event.user_host = "app[app] @ web [10.0.0.5]";
  event.time = 1'795'000'000'000'000;
  event.command = dw::Command::connect;
  event.text = "app@web on app using TCP/IP";
  encoder.add(event);
  event.command = dw::Command::query;
  for (int i = 1; i <= statements; ++i) {
    event.index = static_cast<std::uint64_t>(i);
    event.time += 80;  // 12,500 a second, as a busy source logs them
    event.text = statement(i);
    encoder.add(event);
  }
  header.next = {header.generations[0], event.index + 1, event.time};
  return std::move(encoder).finish(header);
}

void fresh_table(DatabaseServer& mirror) {
  mirror.sql(
      "DROP DATABASE IF EXISTS dw_meta; DROP DATABASE IF EXISTS app; CREATE DATABASE app; CREATE TABLE "
      "app.orders (id INT "
      "AUTO_INCREMENT PRIMARY KEY, customer INT, total DECIMAL(9,2), state VARCHAR(10), note VARCHAR(60), "
      "KEY (customer))");
}

// The best of some rounds, each on an empty table.
double best_seconds(DatabaseServer& mirror, int statements, const std::function<void()>& work) {
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    fresh_table(mirror);
    const auto started = Clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - started).count());
    if (mirror.sql("SELECT COUNT(*) FROM app.orders") != std::to_string(statements) + "\n") {
      std::cerr << "not every statement arrived\n";
      std::exit(1);
    }
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const int statements = argc > 1 ? std::atoi(argv[1]) : 100'000;
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!server_available(kind)) continue;
    PairOptions options;
    options.web = Web::none;
    options.source = kind;
    options.mirror = kind;
    options.mirror_server = {"--innodb-flush-log-at-trx-commit=1"};
    MirrorPair pair(options);
    write_file(pair.file("batch.json"), make_batch(statements));
    std::string script = "BEGIN;\n";
    for (int i = 1; i <= statements; ++i) script += statement(i) + ";\n";
    write_file(pair.file("script.sql"), script + "COMMIT;\n");
    write_file(pair.file("loop.php"), kPhpLoop);
    pair.mirror().write_option_file(pair.file("root.cnf"));

    const double loaded = best_seconds(pair.mirror(), statements, [&] {
      const ProcessResult result = pair.load({"apply", pair.file("batch.json")});
      if (result.exit_code != 0) std::cerr << result.err;
    });
    const double client = best_seconds(pair.mirror(), statements, [&] {
      run_or_throw({"sh", "-c",
                    "mariadb -uroot --skip-ssl -S " + pair.mirror().socket_path().string() + " app < " +
                        pair.file("script.sql").string()});
    });
    const double php = best_seconds(pair.mirror(), statements, [&] {
      run_or_throw({"php", pair.file("loop.php"), pair.mirror().socket_path(), pair.file("script.sql")});
    });
    const double autocommit = best_seconds(pair.mirror(), statements, [&] {
      dw::mysql::Connection connection =
          dw::mysql::Connection::open({.defaults_file = pair.file("root.cnf")});
      connection.execute("USE app");
      for (int i = 1; i <= statements; ++i) connection.execute(statement(i));
    });

    const auto row = [&](const char* name, double seconds) {
      std::printf("%-52s %8.0f/s  %5.2f\n", name, statements / seconds, seconds / loaded);
    };
    std::printf("%d single-row INSERTs into %s %s; best of %d; ratio: dw-load's speed over this one's\n",
                statements, std::string(to_string(kind)).c_str(), pair.mirror().version().c_str(), kRounds);
    row("dw-load apply, from a batch", loaded);
    row("mysql client, one transaction", client);
    row("PHP mysqli, one at a time, autocommit", php);
    row("one at a time, autocommit, client library", autocommit);
  }
  return 0;
}
