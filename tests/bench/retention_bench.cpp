// What the archive policy costs where nothing leaves: the same INSERTs and UPDATEs through dw-load apply,
// with retention none and archive. And how many deletes a second it keeps.
//
// Rounds of both take turns, and change who goes first, so that what else the machine does hits both alike.
// Prints the medians of the seconds, and the median of each round's archive over none: by the clock, and by
// the processor time of dw-load and the mirror's server together, which a busy machine moves less. Making the
// archive's tables and triggers is not counted: a mirror does it once. Usage: retention_bench [STATEMENTS
// [mariadb|mysql]]

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

dw::BatchHeader header_of(std::uint64_t next, dw::Micros time) {
  dw::BatchHeader out;
  out.source.id = "bench";
  out.source.globals = {{"sql_mode", "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"}};
  out.generations = {dw::generation_fingerprint("bench")};
  out.databases = {"app"};
  out.next = {out.generations[0], next, time};
  return out;
}

dw::Event first_event() {
  dw::Event out;
  out.thread_id = 5;
  out.user_host = "app[app] @ web [10.0.0.5]";
  out.time = 1'795'000'000'000'000;
  out.command = dw::Command::connect;
  out.text = "app@web on app using TCP/IP";
  return out;
}

// The session's beginning; behind it each of the others can stand.
std::string first_batch() {
  dw::BatchEncoder encoder;
  const dw::Event event = first_event();
  encoder.add(event);
  return std::move(encoder).finish(header_of(1, event.time));
}

std::string make_batch(int statements, std::string (*statement)(int)) {
  dw::BatchEncoder encoder;
  dw::Event event = first_event();
  event.command = dw::Command::query;
  for (int i = 1; i <= statements; ++i) {
    event.index = static_cast<std::uint64_t>(i);
    event.time += 80;
    event.text = statement(i);
    encoder.add(event);
  }
  dw::BatchHeader header = header_of(event.index + 1, event.time);
  header.after = dw::Cursor{header.generations[0], 1, first_event().time};
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

struct Cost {
  double seconds = 0;
  double cpu_seconds = 0;
};

ProcessResult apply(MirrorPair& pair, const char* batch) {
  ProcessResult result = pair.load({"apply", pair.file(batch)});
  if (result.exit_code != 0) {
    std::cerr << result.err;
    std::exit(1);
  }
  return result;
}

Cost cost_of(MirrorPair& pair, const char* batch) {
  fresh(pair);
  apply(pair, "first.json");
  const double server = cpu_seconds_of(pair.mirror().pid());
  const auto started = Clock::now();
  const ProcessResult result = apply(pair, batch);
  return {std::chrono::duration<double>(Clock::now() - started).count(),
          cpu_seconds_of(pair.mirror().pid()) - server + result.cpu_seconds};
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void compare(MirrorPair& none, MirrorPair& archive, const char* batch) {
  std::vector<Cost> without;
  std::vector<Cost> with;
  for (int round = 0; round < kRounds; ++round) {
    if (round % 2 == 0) without.push_back(cost_of(none, batch));
    with.push_back(cost_of(archive, batch));
    if (round % 2 != 0) without.push_back(cost_of(none, batch));
  }
  const auto print = [&](const char* what, double Cost::*part) {
    std::vector<double> a;
    std::vector<double> b;
    std::vector<double> ratios;
    for (std::size_t i = 0; i < with.size(); ++i) {
      a.push_back(without[i].*part);
      b.push_back(with[i].*part);
      ratios.push_back(with[i].*part / (without[i].*part));
    }
    std::printf("  %-13s %-9s none %6.2f s  archive %6.2f s  ratio %.3f\n", batch, what, median(a), median(b),
                median(ratios));
  };
  print("clock", &Cost::seconds);
  print("processor", &Cost::cpu_seconds);
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const int statements = argc > 1 ? std::atoi(argv[1]) : 60'000;
  for (const auto kind : {ServerKind::mariadb, ServerKind::mysql}) {
    const bool wanted = argc <= 2 || to_string(kind) == argv[2];
    if (!wanted || !server_available(kind)) continue;
    PairOptions options;
    options.web = Web::none;
    options.source = options.mirror = kind;
    options.retention = "none";
    MirrorPair none(options);
    options.retention = "archive";
    MirrorPair archive(options);
    for (MirrorPair* pair : {&none, &archive}) {
      write_file(pair->file("first.json"), first_batch());
      write_file(pair->file("kept.json"), make_batch(statements, kept_load));
      write_file(pair->file("deletes.json"), make_batch(statements / 2, deletes));
    }
    std::printf("%s, %d statements, medians of %d rounds\n", std::string(to_string(kind)).c_str(), statements,
                kRounds);
    compare(none, archive, "kept.json");
    compare(none, archive, "deletes.json");
    const std::string kept = archive.mirror().sql("SELECT COUNT(*) FROM app_archive.orders");
    std::printf("  kept %s", kept.c_str());
  }
  return 0;
}
