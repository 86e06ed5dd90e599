// Transactions, session state, and connections that come and go.
#include "tests/differential/generator.h"

namespace dw::workload {

bool Generator::begin() {
  if (session_->in_transaction) {
    if (!random_.percent(10) || session_->xa) return false;
    ended();  // a BEGIN in a transaction commits it
  }
  emit(random_.pick({"BEGIN", "START TRANSACTION", "begin", "START TRANSACTION WITH CONSISTENT SNAPSHOT"}));
  session_->in_transaction = true;
  return true;
}

bool Generator::savepoint() {
  if (!session_->in_transaction || session_->xa) return false;
  if (!session_->savepoint || random_.percent(30)) {
    emit(random_.pick({"SAVEPOINT s1", "SAVEPOINT s2", "SAVEPOINT `s1`"}));
    session_->savepoint = true;
  } else {
    emit(random_.pick(
        {"ROLLBACK TO s1", "ROLLBACK TO SAVEPOINT s2", "ROLLBACK WORK TO s1", "RELEASE SAVEPOINT s1"}));
  }
  return true;
}

bool Generator::autocommit_off() {
  if (session_->in_transaction) return false;
  session_->autocommit = !session_->autocommit;
  emit(session_->autocommit ? "SET autocommit=1" : "SET autocommit=0");
  return true;
}

bool Generator::xa() {
  if (session_->in_transaction || !session_->autocommit) return false;
  emit("XA START 'x" + std::to_string(session_->id) + "'");
  session_->in_transaction = true;
  session_->xa = true;
  return true;
}

void Generator::end_transaction() {
  if (session_->xa) {
    const std::string name = "'x" + std::to_string(session_->id) + "'";
    emit("XA END " + name);
    if (random_.percent(40)) {
      emit(percent("percent_commit") ? "XA COMMIT " + name + " ONE PHASE" : "XA ROLLBACK " + name);
    } else {
      emit("XA PREPARE " + name);
      emit((percent("percent_commit") ? "XA COMMIT " : "XA ROLLBACK ") + name);
    }
  } else {
    emit(percent("percent_commit") ? random_.pick({"COMMIT", "COMMIT", "commit work"})
                                   : random_.pick({"ROLLBACK", "ROLLBACK WORK"}));
  }
  ended();
}

bool Generator::sql_mode() {
  emit(
      "SET sql_mode='" +
      random_.pick({"", "STRICT_TRANS_TABLES", "STRICT_ALL_TABLES,NO_ZERO_DATE", "ANSI_QUOTES",
                    "NO_BACKSLASH_ESCAPES", "NO_AUTO_VALUE_ON_ZERO", "PIPES_AS_CONCAT,STRICT_TRANS_TABLES"}) +
      "'");
  return true;
}

bool Generator::time_zone() {
  emit("SET time_zone='" + random_.pick({"+00:00", "+02:00", "-05:30", "SYSTEM"}) + "'");
  return true;
}

bool Generator::names() {
  emit(random_.pick({"SET NAMES latin1", "SET NAMES utf8mb4", "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
                     "SET character_set_client=latin1", "SET CHARACTER SET utf8mb4"}));
  return true;
}

bool Generator::checks() {
  emit(random_.pick({"SET foreign_key_checks=0", "SET foreign_key_checks=1", "SET unique_checks=0",
                     "SET SESSION unique_checks=1, foreign_key_checks=1"}));
  return true;
}

bool Generator::auto_increment_step() {
  emit(random_.pick({"SET auto_increment_increment=5", "SET auto_increment_increment=1",
                     "SET auto_increment_offset=2, auto_increment_increment=3"}));
  return true;
}

bool Generator::insert_id() {
  emit("SET insert_id=" + std::to_string(random_.between(30, 90)));
  return insert() || true;
}

bool Generator::timestamp() {
  emit(
      random_.pick({"SET timestamp=1700000000", "SET timestamp=1700000123.456789", "SET timestamp=DEFAULT"}));
  return true;
}

bool Generator::use_database() {
  if (session_->xa) return false;
  const std::string database = percent("schema_two_databases") ? random_.pick({"app", "app2"}) : "app";
  if (random_.percent(50)) {
    emit("USE " + database);
  } else {
    emit(Step{.action = Action::use, .text = database});
  }
  session_->database = database;
  return true;
}

// At one go: nobody else can get at the tables in between.
bool Generator::lock_tables() {
  if (!others_idle() || session_->in_transaction || !session_->autocommit) return false;
  const Table* table = any_table(false);
  if (table == nullptr) return false;
  emit("LOCK TABLES " + name_of(*table) + " WRITE");
  const int writes = random_.between(1, 3);
  for (int i = 0; i < writes; ++i) emit(simple_write(*table));
  emit("UNLOCK TABLES");
  return true;
}

bool Generator::reconnect() {
  if (random_.percent(70)) action(Action::quit);
  forget_session();
  emit(Step{.action = Action::connect,
            .text = percent("percent_latin1_handshake") ? "latin1" : "utf8mb4",
            .parameters = {"app"}});
  return true;
}

bool Generator::kill_client() {
  if (sessions_.size() < 2 || options_.concurrency == Concurrency::threads) return false;
  Session* killer = session_;
  Session& victim = sessions_[random_.below(sessions_.size())];
  if (&victim == killer || victim.xa) return false;
  action(Action::kill, victim.id);
  session_ = &victim;
  forget_session();
  return true;
}

bool Generator::drop_client() {
  if (session_->xa) return false;
  action(Action::drop);
  forget_session();
  return true;
}

bool Generator::change_user() {
  if (session_->xa) return false;
  action(Action::change_user);
  forget_session();
  return true;
}

bool Generator::reset_connection() {
  if (session_->xa) return false;
  action(Action::reset);
  const std::string database = session_->database;
  forget_session();
  session_->database = database;
  return true;
}

}  // namespace dw::workload
