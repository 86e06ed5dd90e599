// Which stored programs a statement reaches, directly and through each other, and what the log can show of
// them. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loader/plan/inner_run.h"
#include "loader/plan/stored_programs.h"

namespace dw::load {

// How often a program runs: `times` for each run of a slot's statement, or of the first statement of all.
struct RunSource {
  std::optional<std::size_t> slot;
  std::uint32_t times = 0;
};

// One statement of a program that is reached.
struct Slot {
  SharedProgram program;  // keeps `statement` alive
  const LoggedStatement* statement = nullptr;
  bool counted = false;  // it runs exactly as often as `sources` say
  std::vector<RunSource> sources;
  std::optional<std::size_t> after;  // the slot that runs each time before it
};

struct Closure {
  std::vector<Slot> slots;
  bool calls_procedure = false;
};

// `calls_logged`: the source logs what procedures run (MariaDB with an empty log_disabled_statements).
class ProgramReach {
 public:
  ProgramReach(const StoredPrograms& programs, bool calls_logged)
      : programs_(programs), calls_logged_(calls_logged) {}

  // Programs that the statement runs itself: triggers of the tables it writes (through views too), functions
  // that it or a view names, the procedure it calls. `times`: how often it runs; nullopt: not known.
  [[nodiscard]] std::vector<InnerRoot> roots(const sql::Statement& statement, const std::string& database,
                                             sql::LexerOptions lexer) const;

  [[nodiscard]] Closure closure(const std::vector<InnerRoot>& roots) const;

 private:
  void add_triggers(std::vector<InnerRoot>& out, const sql::Statement& statement, const std::string& schema,
                    const std::string& table, sql::LexerOptions lexer, int depth) const;
  void add_functions(std::vector<InnerRoot>& out, std::string_view text, const std::string& database,
                     sql::LexerOptions lexer) const;
  void add_functions_of_view(std::vector<InnerRoot>& out, const std::string& schema, const std::string& name,
                             int depth) const;

  const StoredPrograms& programs_;
  bool calls_logged_;
};

}  // namespace dw::load
