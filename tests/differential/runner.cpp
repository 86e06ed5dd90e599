#include "tests/differential/runner.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "tests/differential/workload.h"
#include "tests/support/binlog_witness.h"
#include "tests/support/kept_in_place.h"

namespace dw::test {
namespace {

using workload::Action;
using workload::Script;
using workload::Step;

constexpr unsigned kLockWait = 1205;
constexpr unsigned kDeadlock = 1213;
constexpr unsigned kSyntax = 1064;
constexpr int kNeedsEyes = 3;

const std::vector<std::string>& schemas() {
  static const std::vector<std::string> kSchemas(std::begin(workload::kDatabases),
                                                 std::end(workload::kDatabases));
  return kSchemas;
}

PairOptions prepared(PairOptions options) {
  const bool keeps = options.retention != "none";
  if (keeps) options.source_server = witness_options(options.source);
  options.databases = R"(["app","app2"])";
  const auto add = [](std::vector<std::string>& to, const std::vector<std::string>& more) {
    to.insert(to.end(), more.begin(), more.end());
  };
  for (const bool mirror : {false, true}) {
    auto& server = mirror ? options.mirror_server : options.source_server;
    const ServerKind kind = mirror ? options.mirror : options.source;
    add(server,
        {"--innodb-lock-wait-timeout=1", "--lock-wait-timeout=2", "--log-bin-trust-function-creators=1",
         std::string("--event-scheduler=") + (mirror ? "OFF" : "ON")});
    const bool witness = !mirror && keeps;
    if (kind == ServerKind::mysql && !witness) add(server, {"--skip-log-bin"});
  }
  return options;
}

mysql::Connection control(DatabaseServer& server, const std::filesystem::path& option_file) {
  server.write_option_file(option_file);
  return mysql::Connection::open({.defaults_file = option_file});
}

// Not in the last hundredth of a second: a statement and its row in the log then have the same second.
void avoid_the_turn_of_a_second() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto into = now - std::chrono::floor<std::chrono::seconds>(now);
  if (into > std::chrono::milliseconds(985)) std::this_thread::sleep_for(std::chrono::seconds(1) - into);
}

bool has_values_of_the_moment(const Script& script) {
  static const std::array kMarks{"NOW(6)", "SYSDATE", "UUID()", "RAND()", "CURRENT_TIMESTAMP(6)"};
  return std::any_of(script.begin(), script.end(), [](const Step& step) {
    return std::any_of(kMarks.begin(), kMarks.end(),
                       [&](const char* mark) { return step.text.find(mark) != std::string::npos; });
  });
}

}  // namespace

bool Verdict::noted() const {
  return std::all_of(differences.begin(), differences.end(),
                     [](const TableDifference& d) { return d.suspect; });
}

bool Verdict::by_dialect() const {
  return std::all_of(differences.begin(), differences.end(),
                     [](const TableDifference& d) { return d.by_dialect; });
}

std::string Verdict::category() const {
  if (!stopped.empty()) return "stopped";
  if (differences.empty() && !lost.empty()) return "lost";
  return differences.empty() ? "equal" : differences.front().kind;
}

Runner::Runner(const PairOptions& options)
    : pair_(prepared(options)),
      source_(control(pair_.source(), pair_.file("control_source.cnf"))),
      mirror_(control(pair_.mirror(), pair_.file("control_mirror.cnf"))) {
  source_.execute("SET sql_log_off=1");
  mirror_.execute("GRANT ALL ON app2.* TO dw_load@'%'");
  mirror_.execute(pair_.options().mirror == ServerKind::mariadb
                      ? "GRANT SET USER ON *.* TO dw_load@'%'"
                      : "GRANT SET_ANY_DEFINER ON *.* TO dw_load@'%'");
}

void Runner::wipe() {
  for (mysql::Connection* server : {&source_, &mirror_}) {
    for (const auto& row : server->rows("XA RECOVER")) {
      try {
        server->execute("XA ROLLBACK '" + row[3].value_or("") + "'");
      } catch (const mysql::SqlError&) {
        // XA_RBROLLBACK: the server had rolled it back already, and forgets it now.
      }
    }
    server->execute("SET foreign_key_checks=0");
    for (const std::string& schema : schemas()) {
      for (const char* behind : {"", "_archive", "_all"})
        server->execute("DROP DATABASE IF EXISTS " + schema + behind);
    }
  }
  if (keeps())
    source_.execute(pair_.options().source == ServerKind::mysql ? "RESET BINARY LOGS AND GTIDS"
                                                                : "RESET MASTER");
  source_.execute("TRUNCATE mysql.general_log");
  mirror_.execute("TRUNCATE mysql.general_log");
  for (const auto& row :
       mirror_.rows("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta'")) {
    mirror_.execute("DELETE FROM dw_meta." + row[0].value_or(""));
  }
  std::filesystem::remove_all(pair_.file("spool"));
}

// Rows are equal, and definitions as well as two servers can have them: `verify` must name nothing.
void Runner::look_for_alarms(Verdict& verdict) {
  const ProcessResult result = pair_.load({"verify"});
  if (result.exit_code != 0)
    verdict.stopped = "false alarm, exit " + std::to_string(result.exit_code) + ": " + result.err;
}

Verdict Runner::run(const Script& script) {
  Verdict verdict;
  verdict.by_nature = has_values_of_the_moment(script);
  wipe();
  const auto parallel = std::find_if(script.begin(), script.end(),
                                     [](const Step& step) { return step.action == Action::parallel; });
  run_serial({script.begin(), parallel}, verdict);
  if (parallel != script.end()) {
    run_parallel(script, static_cast<std::size_t>(parallel - script.begin()) + 1, verdict);
  }
  while (!sessions_.empty()) close(sessions_, sessions_.begin()->first, false);
  sync({.action = Action::sync}, verdict);
  if (verdict.stopped.empty() && pair_.options().retention == "in-place") leave_productions_rows(mirror_);
  if (verdict.stopped.empty()) verdict.differences = compare_servers(source_, mirror_, schemas());
  if (verdict.equal() && pair_.options().verify) look_for_alarms(verdict);
  if (verdict.stopped.empty() && parallel != script.end())
    verdict.coverage = measure_coverage(source_, mirror_, SuspectNet(mirror_), schemas());
  // What one of the servers does otherwise goes on into other tables.
  const bool some_by_dialect =
      std::any_of(verdict.differences.begin(), verdict.differences.end(),
                  [](const TableDifference& difference) { return difference.by_dialect; });
  verdict.by_nature = verdict.by_nature || (keeps() && some_by_dialect);
  if (keeps() && verdict.equal())
    verdict.lost = lost_rows(read_witness(pair_.source()), mirror_, pair_.options().source);
  if (pair_.options().source != pair_.options().mirror) leave_out_dialect(verdict.lost);
  read_notes(verdict);
  return verdict;
}

// Where the servers compare values otherwise other rows are changed, and leave with other values.
void Runner::leave_out_dialect(std::vector<std::string>& lost) {
  if (lost.empty()) return;
  for (const auto& row :
       mirror_.rows("SELECT DISTINCT schema_name, table_name FROM dw_meta.suspects WHERE reason "
                    "LIKE 'MySQL and MariaDB differ: %'")) {
    const std::string table = row[0].value_or("") + "." + row[1].value_or("") + ":";
    std::erase_if(lost, [&](const std::string& one) { return one.starts_with(table); });
  }
}

ClientSession& Runner::session(int id, Sessions& sessions) {
  auto& slot = sessions[id];
  if (!slot) {
    slot = std::make_unique<ClientSession>(
        ClientOptions{.port = pair_.source().port(), .database = id == 0 ? "" : "app"});
  }
  return *slot;
}

// A connection that has ended may still be rolling back.
void Runner::await_end_of(std::uint64_t thread) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  // Not information_schema.PROCESSLIST: MySQL fails there over other sessions' text that is not utf8mb3.
  const auto lives = [&] {
    const auto rows = source_.rows("SHOW PROCESSLIST");
    return std::any_of(rows.begin(), rows.end(),
                       [&](const auto& row) { return row[0] == std::to_string(thread); });
  };
  while (lives() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void Runner::close(Sessions& sessions, int id, bool dropped) {
  const auto at = sessions.find(id);
  if (at == sessions.end()) return;
  const std::uint64_t thread = at->second->thread_id();
  if (dropped) at->second->drop();
  sessions.erase(at);
  await_end_of(thread);
}

Answer Runner::perform(const Step& step, Sessions& sessions) {
  switch (step.action) {
    case Action::statement:
      return session(step.session, sessions).query(step.text);
    case Action::prepared:
      return session(step.session, sessions).execute_prepared(step.text, step.parameters);
    case Action::use:
      return session(step.session, sessions).use(step.text);
    case Action::reset:
      return session(step.session, sessions).reset();
    case Action::change_user:
      return session(step.session, sessions).change_user();
    case Action::connect:
      close(sessions, step.session, true);
      sessions[step.session] = std::make_unique<ClientSession>(
          ClientOptions{.port = pair_.source().port(),
                        .charset = step.text,
                        .database = step.parameters.empty() ? "" : step.parameters[0].value_or("")});
      return {};
    case Action::quit:
    case Action::drop:
      close(sessions, step.session, step.action == Action::drop);
      return {};
    case Action::kill: {
      const auto victim = sessions.find(step.number);
      if (victim == sessions.end()) return {};
      const std::uint64_t thread = victim->second->thread_id();
      Answer answer = session(step.session, sessions).query("KILL " + std::to_string(thread));
      await_end_of(thread);
      sessions.erase(victim);
      return answer;
    }
    case Action::wait:
      std::this_thread::sleep_for(std::chrono::milliseconds(step.number));
      return {};
    case Action::sync:
    case Action::parallel:
      break;
  }
  return {};
}

// A client that cannot connect has an error like any other: a script that is being shrunk may lack its
// database.
Answer Runner::try_to_perform(const Step& step, Sessions& sessions) {
  try {
    return perform(step, sessions);
  } catch (const std::runtime_error& error) {
    sessions.erase(step.session);
    return {.error = 1, .message = error.what()};
  }
}

void Runner::sync(const Step& step, Verdict& verdict) {
  if (!verdict.stopped.empty()) return;
  pair_.write_load_config(
      pair_.url(), step.number == 0 ? "" : ", \"max_batch_bytes\": " + std::to_string(step.number), "");
  if (step.kill_after != 0) {
    Process run = pair_.start_load({"sync"});
    if (!run.wait(std::chrono::milliseconds(step.kill_after))) run.kill9();
    return;
  }
  const ProcessResult result = pair_.load({"sync"});
  verdict.silent = pair_.options().verify && result.exit_code == 0;
  // 3: statements that dw-load did not understand. Production did not understand them either, or the rows
  // differ.
  if (result.exit_code != 0 && result.exit_code != kNeedsEyes) {
    verdict.stopped = "exit " + std::to_string(result.exit_code) + ": " + result.err;
  }
}

void Runner::run_serial(const Script& script, Verdict& verdict) {
  for (const Step& step : script) {
    if (step.action == Action::sync) {
      sync(step, verdict);
      continue;
    }
    avoid_the_turn_of_a_second();
    ++verdict.statements;
    const Answer answer = try_to_perform(step, sessions_);
    if (answer.connection_is_gone()) sessions_.erase(step.session);
    verdict.failed_statements += answer.error != 0 ? 1 : 0;
    verdict.lock_conflict = verdict.lock_conflict || answer.error == kLockWait || answer.error == kDeadlock;
  }
}

// One thread a session; syncs come when about as many steps are done as stand before them.
void Runner::run_parallel(const Script& script, std::size_t from, Verdict& verdict) {
  std::map<int, Script> by_session;
  for (std::size_t i = from; i < script.size(); ++i) {
    if (script[i].action != Action::sync && script[i].action != Action::kill) {
      by_session[script[i].session].push_back(script[i]);
    }
  }
  std::atomic<std::size_t> done{0};
  std::atomic<std::size_t> running{by_session.size()};
  std::atomic<bool> conflict{false};
  std::vector<std::thread> threads;
  for (const auto& item : by_session) {
    threads.emplace_back([&, steps = item.second] {
      Sessions own;
      for (const Step& step : steps) {
        const bool ends =
            step.action == Action::quit || step.action == Action::drop || step.action == Action::connect;
        if (ends && own.contains(step.session) && step.action != Action::quit) own.at(step.session)->drop();
        if (ends) own.erase(step.session);
        if (!ends || step.action == Action::connect) {
          const Answer answer = try_to_perform(step, own);
          if (answer.connection_is_gone()) own.erase(step.session);
          if (answer.error == kLockWait || answer.error == kDeadlock) conflict = true;
        }
        ++done;
      }
      --running;
    });
  }
  for (std::size_t i = from; i < script.size(); ++i) {
    if (script[i].action != Action::sync) continue;
    while (done < i - from && running > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    sync(script[i], verdict);
  }
  for (std::thread& thread : threads) thread.join();
  verdict.lock_conflict = verdict.lock_conflict || conflict;
  verdict.statements += static_cast<unsigned>(done.load());
}

std::string Runner::log_text(bool mirror) {
  std::string out;
  for (const auto& row :
       (mirror ? mirror_ : source_)
           .rows("SELECT event_time, thread_id, command_type, argument FROM mysql.general_log")) {
    for (std::size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "" : "\t") + row[i].value_or("");
    out += '\n';
  }
  return out;
}

void Runner::read_notes(Verdict& verdict) {
  if (!mirror_.value(
          "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta' AND TABLE_NAME='failures'"))
    return;
  for (const auto& row : mirror_.rows(
           "SELECT error, message, LEFT(statement, 200) FROM dw_meta.failures ORDER BY id LIMIT 8")) {
    verdict.failures +=
        "    " + row[0].value_or("") + " " + row[1].value_or("") + " <- " + row[2].value_or("") + "\n";
  }
  for (const auto& row :
       mirror_.rows("SELECT schema_name, table_name, MIN(reason) FROM dw_meta.suspects WHERE "
                    "cleared_at IS NULL GROUP BY 1, 2 LIMIT 8")) {
    verdict.suspects +=
        "    " + row[0].value_or("") + "." + row[1].value_or("") + ": " + row[2].value_or("") + "\n";
  }
}

}  // namespace dw::test
