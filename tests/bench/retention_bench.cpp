// What the archive policy costs where nothing leaves: the same INSERTs and UPDATEs through dw-load apply,
// with retention none and archive. And how many deletes a second it keeps.
//
// Rounds of both take turns, so that what else the machine does hits both; the best of each counts. Prints
// seconds, and archive's over none's. Usage: retention_bench [STATEMENTS]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "common/log/batch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kRounds = 7;

std::string kept_load(int i) {
  const std::string n = std::to_string(i);
  if (i % 2 == 1)
    return "INSERT INTO orders (customer, total, note) VALUES (" + std::to_string(i % 977) +
           ", 1.50, 'order " + n + "')";
  return "UPDATE orders SET total=total+1, note='changed " + n + "' WHERE id=" + std::to_string(i / 4 + 1);
}

std::string deletes(int i) {
  if (i == 1)
    return "INSERT INTO orders (customer, total, note) SELECT d.n, 1.5, 'order' FROM digits a JOIN digits b "
           "JOIN digits c "
           "JOIN digits d JOIN digits e ";
  return "DELETE FROM orders WHERE id=" + std::to_string(i);
}

std::string make_batch(int statements, std::string (*statement)(int)) {
  dw::BatchEncoder encoder;
  dw::BatchHeader header;
  header.source.id = "bench";
  header.source.globals = {{"sql_mode", "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"}};
  header.generations = {dw::generation_fingerprint("bench")};
  header.databases = {"app"};
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
    event.time += 80;
    event.text = statement(i);
    encoder.add(event);
  }
  header.next = {header.generations[0], event.index + 1, event.time};
  return std::move(encoder).finish(header);
}

void fresh(MirrorPair& pair) {
  pair.wipe_mirror();
  pair.mirror().sql(
      "CREATE DATABASE app; USE app; CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer INT, "
      "total "
      "DECIMAL(9,2), note VARCHAR(60), KEY (customer)); CREATE TABLE digits (n INT PRIMARY KEY); INSERT INTO "
      "digits VALUES "
      "(0),(1),(2),(3),(4),(5),(6),(7),(8),(9)");
}

double seconds_of(MirrorPair& pair, const char* batch) {
  fresh(pair);
  const auto started = Clock::now();
  const ProcessResult result = pair.load({"apply", pair.file(batch)});
  if (result.exit_code != 0) {
    std::cerr << result.err;
    std::exit(1);
  }
  return std::chrono::duration<double>(Clock::now() - started).count();
}

}  // namespace

int main(int argc, char** argv) {
  const int statements = argc > 1 ? std::atoi(argv[1]) : 60'000;
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    if (!server_available(kind)) continue;
    PairOptions options;
    options.web = Web::none;
    options.source = options.mirror = kind;
    options.retention = "none";
    MirrorPair none(options);
    options.retention = "archive";
    MirrorPair archive(options);
    for (MirrorPair* pair : {&none, &archive}) {
      write_file(pair->file("kept.json"), make_batch(statements, kept_load));
      write_file(pair->file("deletes.json"), make_batch(statements / 2, deletes));
    }
    std::printf("%s, %d statements, best of %d rounds\n", std::string(to_string(kind)).c_str(), statements,
                kRounds);
    for (const char* batch : {"kept.json", "deletes.json"}) {
      double without = 1e9;
      double with = 1e9;
      for (int round = 0; round < kRounds; ++round) {
        without = std::min(without, seconds_of(none, batch));
        with = std::min(with, seconds_of(archive, batch));
      }
      std::printf("  %-13s none %6.2f s  archive %6.2f s  ratio %.3f\n", batch, without, with,
                  with / without);
    }
    const std::string kept = archive.mirror().sql("SELECT COUNT(*) FROM app_archive.orders");
    std::printf("  kept %s", kept.c_str());
  }
  return 0;
}
