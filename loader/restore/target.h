// The server that rows are restored into. Everything is written in one transaction: after an error it is as
// it was.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/restore/catalog.h"
#include "loader/restore/definitions.h"
#include "loader/restore/plan.h"
#include "loader/restore/script.h"

namespace dw::load::restore {

// What became of a table's rows; the rest was there and is left.
struct Written {
  std::uint64_t added = 0;
  std::uint64_t changed = 0;
};

class Target {
 public:
  // Throws Error: unreachable, or a mirror of dw-load (rows restored there would differ from production's).
  explicit Target(const mysql::ConnectOptions& options);

  Catalog& catalog() { return catalog_; }

  // Which of these are not there yet. Throws mysql::SqlError.
  std::vector<Definition> missing(const std::vector<Definition>& definitions);

  // Refuses what cannot be written whole: a table that is not there (unless it is in `to_create`), one
  // without transactions, one that lacks a column which has values. Columns that the target computes are left
  // to it. Throws Error(failed).
  void fit(Plan& plan, const std::vector<Definition>& to_create);

  // How many rows of the plan are there already, by shape; rows without a key are not looked for. Of tables
  // that are there. Throws mysql::SqlError.
  std::vector<std::uint64_t> present(const Plan& plan, const std::vector<Definition>& to_create);

  // Throws Error(failed) with the row that the server refused. By shape of the plan.
  std::vector<Written> write(const Plan& plan, Existing existing, const std::vector<Definition>& to_create);

 private:
  void fit_columns(Plan& plan, std::size_t shape, const Shape& own);
  void create(const std::vector<Definition>& definitions);
  void drop_created() noexcept;
  void run(const Plan& plan, Existing existing, std::vector<Written>& written);
  void send(const Plan& plan, std::vector<Statement>& statements, std::vector<Written>& written);

  mysql::Connection connection_;
  Catalog catalog_;
  std::vector<Definition> created_;
};

}  // namespace dw::load::restore
