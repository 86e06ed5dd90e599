// A log written down by hand, for tests of the planner.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "loader/plan/planner.h"

namespace dw::test {

// A plan views its batch.
struct Planned : load::Plan {
  std::shared_ptr<Batch> batch;
};

// A log written down by hand: each line an event.
class Log {
 public:
  Log() { batch_->header.generations = {generation_fingerprint("g")}; }

  Log& connect(std::uint64_t thread, const std::string& database = "app") {
    return add(thread, Command::connect, "app@web on " + database + " using TCP/IP");
  }
  Log& quit(std::uint64_t thread) { return add(thread, Command::quit, ""); }
  Log& query(std::uint64_t thread, const std::string& sql) { return add(thread, Command::query, sql); }
  Log& add(std::uint64_t thread, Command command, const std::string& text) {
    Event event;
    event.index = batch_->events.size() + 1;
    event.thread_id = thread;
    event.command = command;
    event.text = text;
    event.time = clock_;
    batch_->events.push_back(event);
    return *this;
  }
  // The time of what follows, in seconds.
  Log& at(Micros seconds) {
    clock_ = seconds * 1'000'000;
    return *this;
  }
  // The process list, made now.
  Log& live(std::vector<std::uint64_t> threads, std::map<std::uint64_t, std::string> databases = {}) {
    batch_->header.live =
        LiveSessions{{0, batch_->events.size() + 1}, std::move(threads), std::move(databases)};
    return *this;
  }
  Batch& batch() { return *batch_; }
  Planned plan(load::SessionTable sessions = {}, load::PlannerOptions options = {}) {
    options.databases = {"app"};
    return {make_plan(*batch_, std::move(sessions), options), batch_};
  }
  // The sessions behind the batch's events.
  load::SessionTable sessions() {
    load::SessionTable out;
    for (const Event& event : batch_->events) {
      if (event.command != Command::query) {
        out.observe(event);
        continue;
      }
      out.at(event.thread_id);
      for (const auto& statement : sql::parse_packet(event.text)) out.observe(event.thread_id, statement);
    }
    return out;
  }

 private:
  Micros clock_ = 1'000'000;
  std::shared_ptr<Batch> batch_ = std::make_shared<Batch>();
};

// What is to be done with the statements that hold `part`, in order.
inline std::vector<load::Treatment> treatments(const load::Plan& plan, const std::string& part) {
  std::vector<load::Treatment> out;
  for (const load::Unit& unit : plan.units) {
    if (unit.is_statement && unit.statement.text.find(part) != std::string_view::npos)
      out.push_back(unit.treatment);
  }
  return out;
}

using Treatments = std::vector<load::Treatment>;

}  // namespace dw::test
