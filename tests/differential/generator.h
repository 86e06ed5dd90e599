// The generator's state and its statement kinds. Private to the workload library: others include workload.h.
//
// A statement kind is a function that emits steps for the current session, or answers false when it cannot be
// had now (no such table, another session holds locks); then another kind is drawn.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "tests/differential/schema_model.h"
#include "tests/differential/workload.h"

namespace dw::workload {

class Generator {
 public:
  explicit Generator(const WorkloadOptions& options);
  Script run();

 private:
  struct Session {
    int id = 1;
    std::string database = "app";
    bool in_transaction = false;
    bool autocommit = true;
    bool savepoint = false;
    bool xa = false;
    std::set<int> groups{};  // of tables that its open transaction touched
    std::vector<Table> temporary{};
  };
  struct Routine {
    std::string database{};
    std::string name{};
    int group = 0;
    bool out_parameter = false;
    bool ends_transaction = false;
  };
  struct View {
    std::string name;  // qualified
    std::string table;
  };
  using Maker = bool (Generator::*)();
  struct NamedKind {
    const char* name;
    Maker make;
  };
  static const std::vector<NamedKind>& kinds();

  // generator.cpp: the frame
  void make_sessions();
  void one_step();
  void emit(const std::string& sql);
  void emit(Step step);
  void action(Action action, int number = 0);
  bool percent(const std::string& weight) { return random_.percent(weights_[weight]); }
  std::string format(std::initializer_list<std::string> parts) { return text(parts); }
  std::string name_of(const Table& table) const;
  // A table that no other session's open transaction may have locked; nullptr when there is none.
  const Table* any_table(bool temporary_too = true);
  bool free_group(int group) const;
  bool others_idle() const;
  void touch(int group);
  void ended();  // the session's transaction
  void forget_session();
  Table* find_table(const std::string& qualified);
  int number() { return ++last_number_; }

  // generator_schema.cpp
  void make_schema();
  void make_table(const std::string& database, const std::string& name);
  void merge_groups(int one, int other);
  void make_trigger();
  void make_function();
  void make_procedure();
  void make_view();
  std::string inner_statement(const Table& table, const std::vector<std::string>& values);
  const Table* inner_target(const Table* than);

  // generator_dml.cpp
  std::string columns_of(const Table& table, std::vector<const Column*>& chosen);
  std::string value_row(const std::vector<const Column*>& columns, const Table& table);
  std::string value_for(const Column& column, const Table& table);
  std::string assignments(const Table& table, const std::string& alias = "");
  std::string key_condition(const Table& table, const std::string& alias = "");
  std::string range_condition(const Table& table, const std::string& alias = "");
  std::string order(const Table& table, const std::string& alias = "");
  std::string insert_text(const Table& table, const std::string& verb, int rows);
  std::string simple_write(const Table& table);
  bool insert();
  bool insert_rows();
  bool insert_select();
  bool insert_ignore();
  bool insert_on_duplicate();
  bool insert_set();
  bool replace();
  bool update_key();
  bool update_range();
  bool update_limit();
  bool update_join();
  bool update_subquery();
  bool delete_key();
  bool delete_range();
  bool delete_limit();
  bool delete_join();
  bool select();
  bool error();
  bool user_variable();
  bool last_insert_id();
  bool sql_prepare();
  bool binary_prepared();
  bool multi_statement();
  bool call();
  bool call_function();
  bool view_write();

  // generator_ddl.cpp
  bool may_alter();
  Table* table_to_alter();
  bool truncate();
  bool add_column();
  bool drop_column();
  bool modify_column();
  bool add_index();
  bool drop_index();
  bool rename_table();
  bool swap_tables();
  bool create_like();
  bool create_select();
  bool create_table();
  bool drop_table();
  bool temporary_table();
  bool event();

  // generator_session.cpp
  bool begin();
  bool savepoint();
  bool autocommit_off();
  bool xa();
  void end_transaction();
  bool sql_mode();
  bool time_zone();
  bool names();
  bool checks();
  bool auto_increment_step();
  bool insert_id();
  bool timestamp();
  bool use_database();
  bool lock_tables();
  bool reconnect();
  bool kill_client();
  bool drop_client();
  bool change_user();
  bool reset_connection();

  WorkloadOptions options_;
  const Weights& weights_;
  Random random_;
  Script script_;
  std::vector<Table> tables_;
  std::vector<Routine> functions_;
  std::vector<Routine> procedures_;
  std::vector<View> views_;
  std::set<std::string> triggers_;  // table and time, so that there is one of each
  std::vector<Session> sessions_;
  Session* session_ = nullptr;
  bool values_of_the_moment_ = false;  // this workload may have values that no log tells
  int last_number_ = 0;
  int last_group_ = 0;
};

}  // namespace dw::workload
