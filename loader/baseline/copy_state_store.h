// dw_meta.baseline and dw_meta.baseline_markers: there from the first table on, and empty once the replay has
// passed the last snapshot's place in the log.
#pragma once

#include <optional>
#include <string>

#include "common/mysql/connection.h"
#include "loader/baseline/copy_state.h"

namespace dw::load {

class CopyStateStore {
 public:
  explicit CopyStateStore(mysql::Connection& connection) : connection_(connection) {}

  // nullopt: no copy is under way, nor is the replay of one. Throws mysql::SqlError, all of these.
  std::optional<CopyState> load();
  void create();
  void add(const CopyMarker& marker);
  void add(const TableCopy& table);
  // The row of a table, in the transaction under way.
  void save(const TableCopy& table);
  void finish(const std::string& source_id);
  void begin(const std::string& source_id);
  // The replay has passed the place.
  void pass_marker(const std::string& nonce);
  void clear();

 private:
  [[nodiscard]] bool exists();
  mysql::Connection& connection_;
};

}  // namespace dw::load
