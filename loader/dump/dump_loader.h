// Runs a dump's statements on the mirror: its tables, sequences and rows. All else of it (views, triggers,
// routines, events, locks, accounts) is left out: production's catalogue tells that.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/mysql/connection.h"
#include "common/rows/catalog.h"
#include "common/sql/statement.h"
#include "loader/baseline/copy_progress.h"
#include "loader/baseline/packet_pipe.h"
#include "loader/baseline/program_maker.h"
#include "loader/voice/progress.h"

namespace dw::load {

class DumpLoader {
 public:
  // All are used, not owned. `catalog`: production's.
  DumpLoader(mysql::Connection& mirror, const ProgramMaker& maker, const rows::Catalog& catalog,
             const sql::LexerOptions& options, Progress& display);

  // The schema of what comes before the first USE.
  void begin_in(const std::string& database);
  // Throws Error(failed) for what no dump of tables holds, mysql::SqlError.
  void run(std::string_view text, bool in_program);
  void commit();

  [[nodiscard]] const std::vector<Refused>& refused() const { return refused_; }
  [[nodiscard]] std::uint64_t tables() const { return tables_; }
  [[nodiscard]] std::uint64_t rows() const { return progress_.rows; }
  [[nodiscard]] std::uint64_t bytes() const { return progress_.bytes; }

 private:
  void use(const std::string& database);
  void insert(std::string_view text);
  void create_table(const sql::Statement& statement);
  void run_setting(const sql::Statement& statement);
  void execute(std::string_view text);
  void show();

  mysql::Connection& mirror_;
  const ProgramMaker& maker_;
  sql::LexerOptions options_;
  Progress& display_;
  PacketPipe pipe_;
  std::set<std::string> schemas_;                           // that are mirrored
  std::set<std::pair<std::string, std::string>> views_;     // in whose place old dumps make tables
  std::set<std::pair<std::string, std::string>> left_out_;  // views, and tables that the mirror refused
  std::string database_;
  bool mirrored_ = false;  // it is
  std::vector<Refused> refused_;
  CopyProgress progress_;
  std::uint64_t tables_ = 0;
  std::uint64_t not_committed_ = 0;  // bytes
  double started_;
};

}  // namespace dw::load
