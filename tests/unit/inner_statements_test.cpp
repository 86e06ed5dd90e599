// Rows that triggers, functions, procedures and events left in the log.

#include <memory>

#include <nlohmann/json.hpp>

#include "loader/plan/planner.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::load;

namespace {

constexpr const char* kClient = "app[app] @ web [10.0.0.1]";
constexpr const char* kEvent = "root[root] @ localhost [localhost]";

struct Planned : Plan {
  std::shared_ptr<Batch> batch;
  SessionTable sessions;  // behind the last unit, as the applier keeps them
};

// A log written down by hand, and the mirror's programs.
class Log {
 public:
  explicit Log(std::uint64_t thread = 1) : thread_(thread) { batch_->header.generations = {"g"}; }

  Log& trigger(ProgramKind event, const std::string& table, const std::string& body) {
    programs_->add(event, "app", "tr" + std::to_string(programs_->all().size()), body, "", table);
    return *this;
  }
  Log& function(const std::string& name, const std::string& body, const std::string& schema = "app") {
    programs_->add(ProgramKind::function, schema, name, body, "");
    return *this;
  }
  Log& program(ProgramKind kind, const std::string& name, const std::string& body,
               const std::string& schema = "app") {
    programs_->add(kind, schema, name, body, "");
    return *this;
  }
  Log& view(const std::string& name, const std::string& definition) {
    programs_->add_view("app", name, definition);
    return *this;
  }
  Log& connect(std::uint64_t thread = 1) {
    thread_ = thread;
    return add(Command::connect, "app@web on app using TCP/IP", kClient);
  }
  Log& thread(std::uint64_t thread) {
    thread_ = thread;
    return *this;
  }
  Log& query(const std::string& sql) { return add(Command::query, sql, kClient); }
  Log& event_row(const std::string& sql) { return add(Command::query, sql, kEvent); }
  Log& add(Command command, const std::string& text, const char* user) {
    Event event;
    event.index = batch_->events.size() + 1;
    event.thread_id = thread_;
    event.command = command;
    event.user_host = user;
    event.text = text;
    batch_->events.push_back(event);
    return *this;
  }

  Planned plan(SessionTable sessions = {}, bool calls_logged = false) {
    PlannerOptions options;
    options.databases = {"app", "other"};
    options.programs = programs_;
    options.defaults.calls_logged = calls_logged;
    sessions.set_defaults(options.defaults);
    Planned out{make_plan(*batch_, sessions, options), batch_, std::move(sessions)};
    for (const Unit& unit : out.units) {
      const Event& event = batch_->events[unit.event];
      if (!unit.is_statement) {
        out.sessions.observe(event);
        continue;
      }
      if (unit.treatment != Treatment::inner) out.sessions.observe(event.thread_id, unit.statement);
      out.sessions.observe(event.thread_id, unit.note.get());
    }
    return out;
  }
  [[nodiscard]] std::shared_ptr<StoredPrograms> programs() const { return programs_; }

 private:
  std::uint64_t thread_;
  std::shared_ptr<Batch> batch_ = std::make_shared<Batch>();
  std::shared_ptr<StoredPrograms> programs_ = std::make_shared<StoredPrograms>();
};

// One letter a statement: r run, i inner, d inner in doubt, x refused, - anything else.
std::string treatments(const Planned& plan) {
  std::string out;
  for (const Unit& unit : plan.units) {
    if (!unit.is_statement) continue;
    switch (unit.treatment) {
      case Treatment::run:
        out += 'r';
        break;
      case Treatment::inner:
        out += unit.doubtful ? 'd' : 'i';
        break;
      case Treatment::refuse:
        out += 'x';
        break;
      default:
        out += '-';
    }
  }
  return out;
}

}  // namespace

TEST_CASE("a trigger's statements follow the one that fired it, once a row") {
  Log log;
  log.trigger(ProgramKind::insert_trigger, "t", "insert into audit values (NEW.id, 'x') -- y").connect();
  log.query("insert into t values (1),(2)");
  log.query("insert into audit  values (NEW.id,'x')").query("insert into audit values (NEW.id, 'x')");
  log.query("insert into t2 values (1)");
  CHECK(treatments(log.plan()) == "riir");
}

TEST_CASE("plain text is the trigger's as often as the rows fire it, then the client's") {
  Log log;
  log.trigger(ProgramKind::insert_trigger, "t", "update c set n=n+1").connect();
  log.query("insert into t values (1),(2)");
  log.query("update c set n=n+1").query("update c set n=n+1").query("update c set n=n+1");
  CHECK(treatments(log.plan()) == "riir");
}

TEST_CASE("plain text behind a marked statement of the same body runs as often as that") {
  Log log;
  log.trigger(ProgramKind::update_trigger, "t",
              "BEGIN insert into audit values (OLD.id); update c set n=n+1; END");
  log.connect().query("update t set a=1");
  log.query("insert into audit values (OLD.id)").query("update c set n=n+1");
  log.query("insert into audit values (OLD.id)").query("update c set n=n+1").query("update c set n=n+1");
  CHECK(treatments(log.plan()) == "riiiir");
}

TEST_CASE("plain text that nothing counts is in doubt, unless a row that is certain follows") {
  Log log;
  log.trigger(ProgramKind::update_trigger, "t",
              "IF NEW.a > 1 THEN update c set n=n+1; ELSE insert into audit values (NEW.a); END IF");
  log.connect().query("update t set a=a+1");
  log.query("update c set n=n+1").query("insert into audit values (NEW.a)").query("update c set n=n+1");
  CHECK(treatments(log.plan()) == "riid");
}

TEST_CASE("triggers of triggers count by the rows before them") {
  Log log;
  log.trigger(ProgramKind::update_trigger, "t", "insert into audit values (NEW.a)");
  log.trigger(ProgramKind::insert_trigger, "audit", "update c set n=n+1");
  log.connect().query("update t set a=1");
  log.query("insert into audit values (NEW.a)").query("update c set n=n+1").query("update c set n=n+1");
  CHECK(treatments(log.plan()) == "riir");
}

TEST_CASE("what a row in doubt fires is in doubt too, once for that row") {
  Log log;
  log.trigger(ProgramKind::update_trigger, "t", "insert into audit values ('x')");
  log.trigger(ProgramKind::insert_trigger, "audit", "update c set n=n+1");
  log.connect().query("update t set a=1");
  log.query("insert into audit values ('x')").query("update c set n=n+1").query("update c set n=n+1");
  CHECK(treatments(log.plan()) == "rddr");
}

TEST_CASE("each statement fires the triggers of its own kind") {
  const auto with_trigger = [](ProgramKind kind, const char* outer) {
    Log log;
    log.trigger(kind, "t", "insert into audit values ('x')").connect().query(outer);
    log.query("insert into audit values ('x')");
    return treatments(log.plan());
  };
  CHECK(with_trigger(ProgramKind::update_trigger, "insert into t values (1) on duplicate key update a=1") ==
        "rd");
  CHECK(with_trigger(ProgramKind::update_trigger, "insert into t values (1)") == "rr");
  CHECK(with_trigger(ProgramKind::delete_trigger, "replace into t values (1)") == "rd");
  CHECK(with_trigger(ProgramKind::delete_trigger, "delete t from t join u") == "rd");
  CHECK(with_trigger(ProgramKind::insert_trigger, "load data infile 'x' into table t") == "rd");
  CHECK(with_trigger(ProgramKind::insert_trigger, "insert into t select 1") == "rd");
  CHECK(with_trigger(ProgramKind::insert_trigger, "insert into t set a=1") == "ri");
  CHECK(with_trigger(ProgramKind::insert_trigger, "update t set a=1") == "rr");
}

TEST_CASE("a function's statements have its variables' values in them") {
  Log log;
  log.function("f", "BEGIN insert into audit values (x, loc); update c set n=n+1; RETURN g(x); END");
  log.function("g", "BEGIN delete from u where id=y; RETURN 1; END");
  log.connect().query("insert into t values (f(5))");
  log.query(
      "insert into audit values ( NAME_CONST('x',5),  NAME_CONST('loc',_utf8mb4'a' COLLATE 'utf8mb4_bin'))");
  log.query("update c set n=n+1").query("delete from u where id= NAME_CONST('y',5)");
  log.query("update c set n=n+1");
  log.query("set @r = app.F(6)").query("update c set n=n+1");
  CHECK(treatments(log.plan()) == "riiir-d");
}

TEST_CASE("views lead to triggers and functions") {
  Log log;
  log.trigger(ProgramKind::insert_trigger, "t", "insert into audit values (NEW.a)");
  log.function("f", "BEGIN insert into audit values (x); RETURN 1; END");
  log.view("v", "select `app`.`t`.`a` AS `a` from `app`.`t`").view("vf", "select `app`.`f`(1) AS `r`");
  log.connect().query("insert into v values (1)").query("insert into audit values (NEW.a)");
  log.query("insert into t2 select r from vf").query("insert into audit values ( NAME_CONST('x',1))");
  CHECK(treatments(log.plan()) == "riri");
}

TEST_CASE("what a server spoils or sets is no client's either") {
  Log log;
  log.function("f", "BEGIN SET @total = concat('a', x); SET @k = 5, y = 2; RETURN 1; END");
  log.connect().query("do f(1)").query("SET @to NAME_CONST('x',1)al = concat('a', x)").query("SET @k = 5");
  log.query("set @k = 6");
  CHECK(treatments(log.plan()) == "rii-");
}

TEST_CASE("another statement of the session ends the run, another session does not") {
  Log log;
  log.trigger(ProgramKind::update_trigger, "t", "update c set n=n+1").connect(2).connect(1);
  log.query("update t set a=1").thread(2).query("update c set n=n+1");
  log.thread(1).query("update c set n=n+1").query("delete from t2").query("update c set n=n+1");
  CHECK(treatments(log.plan()) == "rrdrr");
}

TEST_CASE("inner statements change no session") {
  Log log;
  log.function("f", "BEGIN SET sql_mode='ANSI_QUOTES'; update c set n=n+1; RETURN 1; END");
  log.connect().query("select f(1)").query("SET sql_mode='ANSI_QUOTES'").query("update c set n=n+1");
  const Planned plan = log.plan();
  CHECK(treatments(plan) == "rid");
  CHECK(plan.sessions.all().at(1).sql_mode.empty());
}

TEST_CASE("a batch that ends between a statement and what it ran goes on with the next") {
  Log first;
  first.trigger(ProgramKind::insert_trigger, "t", "update c set n=n+1").connect();
  first.query("insert into t values (1),(2)").query("update c set n=n+1");
  const Planned before = first.plan();
  CHECK(treatments(before) == "ri");
  const SessionTable kept = SessionTable::from_json(nlohmann::json::parse(before.sessions.to_json().dump()));

  Log second;
  second.trigger(ProgramKind::insert_trigger, "t", "update c set n=n+1");
  second.query("update c set n=n+1").query("update c set n=n+1");
  CHECK(treatments(second.plan(kept)) == "ir");
}

TEST_CASE("a row of a body that is not known is never run") {
  Log log;
  log.connect().query("insert into t values (1)").query("insert into audit values (NEW.id)");
  log.query("update c set n= NAME_CONST('x',5)")
      .query("insert into u values (1) as new on duplicate key update a=new.a");
  const Planned plan = log.plan();
  CHECK(treatments(plan) == "rxxr");
  CHECK(plan.units[2].reason == Reason::unknown_body);
}

TEST_CASE("a function whose statement is not in the log: its rows run as they stand, in its schema") {
  Log log;
  log.function("f", "BEGIN insert into audit values (x); RETURN 1; END", "other").connect();
  log.query("insert into audit values ( NAME_CONST('x',1))");
  const Planned plan = log.plan();
  CHECK(treatments(plan) == "r");
  CHECK(plan.units[1].database == "other");
}

TEST_CASE("a mirrored function called from a schema that is not mirrored does not go unseen") {
  Log log;
  log.function("f", "BEGIN insert into audit values (x); RETURN 1; END").connect();
  log.query("use elsewhere").query("select app.f(1)").query("insert into audit values ( NAME_CONST('x',1))");
  log.query("select length('x'), elsewhere.f(1)");
  CHECK(treatments(log.plan()) == "-xi-");
}

TEST_CASE("DDL of the batch counts from its place on") {
  Log log;
  log.connect().query("insert into t values (1)").query("update c set n=n+1");
  log.query("CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW update c set n=n+1");
  log.query("insert into t values (2)").query("update c set n=n+1");
  log.query("RENAME TABLE t TO t2").query("insert into t2 values (2)").query("update c set n=n+1");
  log.query("DROP TRIGGER tr").query("insert into t2 values (3)").query("update c set n=n+1");
  CHECK(treatments(log.plan()) == "rrrrirrirrr");
}

TEST_CASE("names of programs follow DDL") {
  StoredPrograms programs;
  const auto ddl = [&](const char* text) { return programs.observe(sql::classify(text), "app", ""); };
  CHECK(ddl("CREATE TRIGGER tr BEFORE DELETE ON app.t FOR EACH ROW DO 1"));
  CHECK_FALSE(ddl("CREATE TRIGGER tr BEFORE DELETE ON app.t FOR EACH ROW DO 2"));
  CHECK(programs.triggers(ProgramKind::delete_trigger, "app", "t").at(0)->body == "DO 1");
  CHECK(ddl("ALTER TABLE t RENAME TO u"));
  CHECK(programs.triggers(ProgramKind::delete_trigger, "app", "u").size() == 1);
  CHECK(ddl("DROP TABLE u"));
  CHECK(programs.empty());
  CHECK(ddl("CREATE FUNCTION other.F() RETURNS INT RETURN 1"));
  CHECK(programs.find(ProgramKind::function, "other", "f") != nullptr);
  CHECK(ddl("CREATE OR REPLACE FUNCTION other.f() RETURNS INT RETURN 2"));
  CHECK(programs.find(ProgramKind::function, "other", "f")->body == "RETURN 2");
  CHECK(ddl("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DO 1"));
  CHECK(ddl("ALTER EVENT e RENAME TO other.e2 DO DO 3"));
  CHECK(programs.find(ProgramKind::event, "other", "e2")->body == "DO 3");
  CHECK(ddl("DROP DATABASE other"));
  CHECK(programs.empty());
}

TEST_CASE("what a CALL runs is inner where the source logs it, and the client's where not") {
  const auto plan_with = [](bool logged) {
    Log log;
    log.program(ProgramKind::procedure, "p",
                "BEGIN insert into t values (x); COMMIT; update c set n=n+1; END");
    log.connect().query("begin").query("call p(1)");
    if (logged) log.query("insert into t values ( NAME_CONST('x',1))").query("COMMIT");
    return log.query("update c set n=n+1")
        .query("insert into t values (2)")
        .query("rollback")
        .plan({}, logged);
  };
  // Its COMMIT ended the transaction.
  CHECK(treatments(plan_with(true)).substr(2) == "iiir-");
  CHECK(treatments(plan_with(false)).find('i') == std::string::npos);
}

TEST_CASE("a session can have its calls logged") {
  Log log;
  log.program(ProgramKind::procedure, "p", "insert into t values (x)").connect();
  log.query("SET SESSION log_disabled_statements = ''")
      .query("call p(1)")
      .query("insert into t values ( NAME_CONST('x',1))");
  CHECK(treatments(log.plan()) == "-ri");
}

TEST_CASE("a scheduled event's statements run, in its schema") {
  Log log;
  log.program(ProgramKind::event, "e",
              "BEGIN DECLARE v INT DEFAULT 3; insert into t values (v); call p(v); END", "other");
  log.program(ProgramKind::insert_trigger, "tr", "insert into audit values (NEW.a)", "other");
  log.trigger(ProgramKind::insert_trigger, "t", "update c set n=n+1");
  log.thread(7)
      .event_row("insert into t values ( NAME_CONST('v',3))")
      .event_row("call p( NAME_CONST('v',3))");
  const Planned plan = log.plan();
  CHECK(treatments(plan) == "rr");
  CHECK(plan.units[0].database == "other");
  CHECK(plan.units[1].database == "other");
  CHECK(plan.sessions.all().at(7).event);
}

TEST_CASE("triggers fire for a scheduled event too, and a client is not taken for one") {
  Log log;
  log.program(ProgramKind::event, "e", "insert into t values (1)");
  log.trigger(ProgramKind::insert_trigger, "t", "insert into audit values (NEW.a)");
  log.thread(7).event_row("insert into t values (1)").event_row("insert into audit values (NEW.a)");
  log.thread(8).query("insert into t values (1)");
  const Planned plan = log.plan();
  CHECK(treatments(plan) == "rir");
  CHECK(plan.units[0].database == "app");
  CHECK_FALSE(plan.units[2].database.has_value());
}

TEST_CASE("an event that two schemas have could be either's") {
  Log log;
  log.program(ProgramKind::event, "e", "call tidy()")
      .program(ProgramKind::event, "e", "call tidy()", "other");
  log.thread(7).event_row("call tidy()");
  CHECK_FALSE(log.plan().units[0].database.has_value());
}
