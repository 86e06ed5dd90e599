// Which USE and COM_INIT_DB production refused, because the schema was not there. Pure.
//
// One that fails stands in the log like one that works (measured on MariaDB 10.11 and MySQL 9.7), and the
// session keeps the database it had. Two things tell: the mirror stands where the log stands, so a mirrored
// schema that it lacks there, production lacked too; and the batch's process list has a session's database.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "common/log/batch.h"
#include "common/sql/statement.h"

namespace dw::load {

// The names that the batch's sessions turn to, as far as each stands in a row of its own.
std::set<std::string> schemas_turned_to(const Batch& batch);

class AbsentSchemas {
 public:
  // `absent`: mirrored, and not on the mirror before the batch's first event. `lower`: names without case.
  AbsentSchemas(const Batch& batch, const std::set<std::string>& absent, bool lower);

  // CREATE DATABASE and DROP DATABASE.
  void follow(const sql::Statement& statement);
  // Event `index` of the batch, or a statement in it, turns to this schema.
  [[nodiscard]] bool refuses(std::uint32_t index, const std::string& schema) const;

 private:
  void compare_with_list(const Batch& batch);
  [[nodiscard]] std::string folded(std::string name) const;

  std::set<std::string> absent_;
  std::set<std::uint32_t> refused_;  // events, by the process list
  bool lower_;
};

}  // namespace dw::load
