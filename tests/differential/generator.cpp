#include "tests/differential/generator.h"

#include <algorithm>

namespace dw::workload {

Generator::Generator(const WorkloadOptions& options)
    : options_(options), weights_(options_.weights), random_(options.seed * 0x9E3779B97F4A7C15ULL + 1) {
  values_of_the_moment_ = percent("percent_nondeterministic");
  if (!values_of_the_moment_) options_.weights.set("schema_fraction_default", 0);
}

Script generate(const WorkloadOptions& options) {
  return Generator(options).run();
}

const std::vector<Generator::NamedKind>& Generator::kinds() {
  static const std::vector<NamedKind> kKinds{
      {"insert", &Generator::insert},
      {"insert_rows", &Generator::insert_rows},
      {"insert_select", &Generator::insert_select},
      {"insert_ignore", &Generator::insert_ignore},
      {"insert_on_duplicate", &Generator::insert_on_duplicate},
      {"insert_set", &Generator::insert_set},
      {"replace", &Generator::replace},
      {"update_key", &Generator::update_key},
      {"update_range", &Generator::update_range},
      {"update_limit", &Generator::update_limit},
      {"update_join", &Generator::update_join},
      {"update_subquery", &Generator::update_subquery},
      {"delete_key", &Generator::delete_key},
      {"delete_range", &Generator::delete_range},
      {"delete_limit", &Generator::delete_limit},
      {"delete_join", &Generator::delete_join},
      {"truncate", &Generator::truncate},
      {"select", &Generator::select},
      {"begin", &Generator::begin},
      {"savepoint", &Generator::savepoint},
      {"autocommit_off", &Generator::autocommit_off},
      {"xa", &Generator::xa},
      {"error", &Generator::error},
      {"add_column", &Generator::add_column},
      {"drop_column", &Generator::drop_column},
      {"modify_column", &Generator::modify_column},
      {"add_index", &Generator::add_index},
      {"drop_index", &Generator::drop_index},
      {"rename_table", &Generator::rename_table},
      {"swap_tables", &Generator::swap_tables},
      {"create_like", &Generator::create_like},
      {"create_select", &Generator::create_select},
      {"create_table", &Generator::create_table},
      {"drop_table", &Generator::drop_table},
      {"sql_mode", &Generator::sql_mode},
      {"time_zone", &Generator::time_zone},
      {"names", &Generator::names},
      {"checks", &Generator::checks},
      {"auto_increment_step", &Generator::auto_increment_step},
      {"insert_id", &Generator::insert_id},
      {"timestamp", &Generator::timestamp},
      {"user_variable", &Generator::user_variable},
      {"last_insert_id", &Generator::last_insert_id},
      {"temporary_table", &Generator::temporary_table},
      {"sql_prepare", &Generator::sql_prepare},
      {"binary_prepared", &Generator::binary_prepared},
      {"multi_statement", &Generator::multi_statement},
      {"call", &Generator::call},
      {"call_function", &Generator::call_function},
      {"view_write", &Generator::view_write},
      {"use_database", &Generator::use_database},
      {"lock_tables", &Generator::lock_tables},
      {"event", &Generator::event},
      {"reconnect", &Generator::reconnect},
      {"kill_client", &Generator::kill_client},
      {"drop_client", &Generator::drop_client},
      {"change_user", &Generator::change_user},
      {"reset_connection", &Generator::reset_connection},
  };
  return kKinds;
}

Script Generator::run() {
  Session setup{.id = 0, .database = ""};
  session_ = &setup;
  make_schema();
  make_sessions();
  const bool threads = options_.concurrency == Concurrency::threads;
  if (threads) script_.push_back({.action = Action::parallel});
  const int steps = random_.between(20, 150) * (threads ? options_.sessions / 2 + 1 : 1);
  for (int i = 0; i < steps; ++i) {
    if (percent("percent_sync")) {
      Step sync{.action = Action::sync};
      if (percent("percent_small_batches")) sync.number = random_.between(1, 6) * 1000;
      if (percent("percent_sync_kill")) sync.kill_after = random_.between(5, 60);
      script_.push_back(sync);
    }
    one_step();
  }
  return std::move(script_);
}

void Generator::make_sessions() {
  int count = options_.sessions;
  if (options_.concurrency == Concurrency::none)
    count = percent("percent_several_sessions") ? random_.between(2, 3) : 1;
  for (int id = 1; id <= count; ++id) sessions_.push_back({.id = id});
}

void Generator::one_step() {
  session_ = &sessions_[random_.below(sessions_.size())];
  if (session_->in_transaction && random_.percent(22)) return end_transaction();
  unsigned total = 0;
  for (const NamedKind& kind : kinds()) total += weights_[kind.name];
  for (int attempt = 0; attempt < 30; ++attempt) {
    auto at = static_cast<unsigned>(random_.below(total));
    for (const NamedKind& kind : kinds()) {
      const unsigned weight = weights_[kind.name];
      if (at < weight) {
        if ((this->*kind.make)()) return;
        break;
      }
      at -= weight;
    }
  }
}

void Generator::emit(const std::string& sql) {
  script_.push_back({.session = session_->id, .text = sql});
}

void Generator::emit(Step step) {
  step.session = session_->id;
  script_.push_back(std::move(step));
}

void Generator::action(Action action, int number) {
  emit(Step{.action = action, .number = number});
}

std::string Generator::name_of(const Table& table) const {
  return table.database == session_->database ? table.name : table.qualified();
}

bool Generator::free_group(int group) const {
  if (options_.concurrency == Concurrency::threads) return true;
  return std::none_of(sessions_.begin(), sessions_.end(), [&](const Session& other) {
    return &other != session_ && other.in_transaction && other.groups.contains(group);
  });
}

bool Generator::others_idle() const {
  if (options_.concurrency == Concurrency::threads) return true;
  return std::none_of(sessions_.begin(), sessions_.end(),
                      [&](const Session& other) { return &other != session_ && other.in_transaction; });
}

const Table* Generator::any_table(bool temporary_too) {
  if (temporary_too && !session_->temporary.empty() && random_.percent(25)) {
    return &random_.pick(session_->temporary);
  }
  std::vector<const Table*> free;
  for (const Table& table : tables_) {
    if (free_group(table.group)) free.push_back(&table);
  }
  if (free.empty()) return nullptr;
  const Table* table = random_.pick(free);
  touch(table->group);
  return table;
}

void Generator::touch(int group) {
  if (!session_->autocommit) session_->in_transaction = true;
  if (session_->in_transaction) session_->groups.insert(group);
}

void Generator::ended() {
  session_->in_transaction = false;
  session_->savepoint = false;
  session_->xa = false;
  session_->groups.clear();
}

void Generator::forget_session() {
  const int id = session_->id;
  *session_ = Session{.id = id};
}

Table* Generator::find_table(const std::string& qualified) {
  const auto at = std::find_if(tables_.begin(), tables_.end(),
                               [&](const Table& t) { return t.qualified() == qualified; });
  return at == tables_.end() ? nullptr : &*at;
}

}  // namespace dw::workload
