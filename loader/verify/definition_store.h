// dw_meta.definitions: when each table's definition was compared with production's, and what is other.
// bookkeeping.cpp has its columns. Throws mysql::SqlError.
#pragma once

#include <map>
#include <string>

#include "common/mysql/connection.h"
#include "common/util/clock.h"
#include "loader/retention/archive/shape.h"

namespace dw::load {

struct DefinitionLook {
  Micros at = 0;
  std::string source_digest;  // of both definitions
  std::string mirror_digest;
  std::string drift;  // "": equal
};

class DefinitionStore {
 public:
  explicit DefinitionStore(mysql::Connection& connection) : connection_(connection) {}

  std::map<TableId, DefinitionLook> all();
  void save(const TableId& table, const DefinitionLook& look);
  void forget(const TableId& table);

 private:
  mysql::Connection& connection_;
};

}  // namespace dw::load
