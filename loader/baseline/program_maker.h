// Makes views, routines, triggers, events and sequences on the mirror, from production's definitions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/log/batch.h"
#include "common/mysql/connection.h"
#include "common/rows/catalog.h"
#include "loader/apply/bookkeeping.h"
#include "loader/dialect/dialect.h"

namespace dw::load {

// A definition that the mirror refused.
struct Refused {
  std::string schema;
  std::string what;  // "view v"
  std::string create;
  unsigned error = 0;
  std::string message;
};

// As rows of dw_meta.failures. `cursor`: as of when production had them.
std::vector<FailureEntry> failures_of(const std::vector<Refused>& refused, const Cursor& cursor);

class ProgramMaker {
 public:
  ProgramMaker(mysql::Connection& connection, const Dialect& dialect, const SourceInfo& source)
      : connection_(connection), dialect_(dialect), source_(source) {}

  // The mirror's words for a definition of the source's.
  [[nodiscard]] std::string translated(const std::string& create, const std::string& sql_mode) const;

  // What is there already is made anew. Gives those that the mirror refused. Throws mysql::SqlError when the
  // connection is gone.
  std::vector<Refused> make_sequences(const std::vector<rows::Program>& programs);
  std::vector<Refused> make_others(const std::vector<rows::Program>& programs);

 private:
  // nullopt: made.
  std::optional<Refused> make(const rows::Program& program);
  void make_or_throw(const rows::Program& program);
  void set_session(const rows::Program& program);

  mysql::Connection& connection_;
  const Dialect& dialect_;
  const SourceInfo& source_;
};

}  // namespace dw::load
