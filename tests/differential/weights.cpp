#include "tests/differential/weights.h"

#include <fstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace dw::workload {
namespace {

const std::map<std::string, unsigned>& defaults() {
  static const std::map<std::string, unsigned> kDefaults{
      // Never by default, because no log tells of it and the mirror cannot be equal:
      //   reset_connection          COM_RESET_CONNECTION writes no row on either server
      //   percent_latin1_handshake  the character set that a client names when it connects is in no row
      {"percent_latin1_handshake", 0},
      // What a schema has: chances in 100, per table, column or schema.
      {"schema_two_databases", 30},
      {"schema_no_primary_key", 12},
      {"schema_composite_key", 15},
      {"schema_auto_increment", 65},
      {"schema_unique_key", 30},
      {"schema_foreign_key", 25},
      {"schema_cascade", 50},
      {"schema_myisam", 4},
      {"schema_latin1", 20},
      {"schema_default_collation", 15},
      {"schema_generated_column", 15},
      {"schema_json", 6},
      {"schema_check", 12},
      {"schema_trigger", 25},
      {"schema_nested_trigger", 30},
      {"schema_function", 20},
      {"schema_procedure", 25},
      {"schema_view", 15},
      {"schema_fraction_default", 50},
      // The workload as a whole: chances in 100.
      {"percent_sync", 4},
      {"percent_small_batches", 50},
      {"percent_sync_kill", 10},
      {"percent_several_sessions", 60},
      {"percent_commit", 75},
      {"percent_nondeterministic", 5},
      // Statement kinds, relative to each other.
      {"insert", 60},
      {"insert_rows", 25},
      {"insert_select", 8},
      {"insert_ignore", 8},
      {"insert_on_duplicate", 10},
      {"insert_set", 8},
      {"replace", 12},
      {"update_key", 25},
      {"update_range", 15},
      {"update_limit", 6},
      {"update_join", 5},
      {"update_subquery", 5},
      {"delete_key", 15},
      {"delete_range", 6},
      {"delete_limit", 4},
      {"delete_join", 4},
      {"truncate", 1},
      {"select", 4},
      {"begin", 20},
      {"savepoint", 8},
      {"autocommit_off", 3},
      {"xa", 3},
      {"error", 10},
      {"add_column", 2},
      {"drop_column", 1},
      {"modify_column", 1},
      {"add_index", 2},
      {"drop_index", 1},
      {"rename_table", 1},
      {"swap_tables", 1},
      {"create_like", 1},
      {"create_select", 1},
      {"create_table", 1},
      {"drop_table", 1},
      {"sql_mode", 2},
      {"time_zone", 2},
      {"names", 2},
      {"checks", 2},
      {"auto_increment_step", 1},
      {"insert_id", 2},
      {"timestamp", 2},
      {"user_variable", 5},
      {"last_insert_id", 5},
      {"temporary_table", 3},
      {"sql_prepare", 3},
      {"binary_prepared", 8},
      {"multi_statement", 4},
      {"call", 6},
      {"call_function", 4},
      {"view_write", 2},
      {"use_database", 3},
      {"lock_tables", 1},
      {"event", 0},
      {"reconnect", 3},
      {"kill_client", 1},
      {"drop_client", 1},
      {"change_user", 1},
      {"reset_connection", 0},
  };
  return kDefaults;
}

bool is_statement_kind(const std::string& name) {
  return !name.starts_with("schema_") && !name.starts_with("percent_");
}

}  // namespace

Weights::Weights() : values_(defaults()) {}

Weights Weights::from_file(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  const auto json = nlohmann::json::parse(in, nullptr, true, true);
  Weights out;
  if (json.contains("all")) {
    for (auto& [name, value] : out.values_) {
      if (is_statement_kind(name)) value = json.at("all").get<unsigned>();
    }
  }
  for (const auto& [name, value] : json.items()) {
    if (name == "all") continue;
    if (!out.values_.contains(name)) throw std::runtime_error(file.string() + ": no weight \"" + name + "\"");
    out.values_[name] = value.get<unsigned>();
  }
  return out;
}

}  // namespace dw::workload
