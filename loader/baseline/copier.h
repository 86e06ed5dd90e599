// Writes a snapshot to the mirror as it comes, chunk by chunk, each with the place it reaches: what is killed
// goes on there.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/mysql/connection.h"
#include "loader/apply/bookkeeping.h"
#include "loader/baseline/copy_progress.h"
#include "loader/baseline/copy_state_store.h"
#include "loader/baseline/insert_packets.h"
#include "loader/baseline/packet_pipe.h"
#include "loader/baseline/program_maker.h"
#include "loader/baseline/snapshot_lines.h"
#include "loader/voice/progress.h"

namespace dw::load {

// The table was altered or dropped behind the snapshot: another snapshot is needed.
class TableChanged {};

class Copier : public SnapshotVisitor {
 public:
  // `state`: what an earlier run left. All are used, not owned.
  Copier(mysql::Connection& mirror, CopyState& state, bool is_new, Progress& display);

  // Where the next snapshot is to begin, as JSON; "": with the first table. What is to be copied anew is
  // forgotten.
  std::string next_place();
  // Rolls back what is not whole.
  void abandon();

  // Behind the last row: programs, the checkpoint, what is in doubt. `start`: from where the log is replayed.
  void finish(const Cursor& start);

  [[nodiscard]] bool all_copied() const;
  [[nodiscard]] const std::optional<SnapshotHeader>& header() const { return header_; }
  [[nodiscard]] const std::vector<Refused>& refused() const { return refused_; }
  [[nodiscard]] std::uint64_t rows() const { return progress_.rows; }
  [[nodiscard]] std::uint64_t bytes() const { return progress_.bytes; }

  void on_start(const SnapshotHeader& header, const rows::Catalog& catalog) override;
  void on_table(const rows::Table& table) override;
  void on_row(std::span<const rows::Value> values) override;
  void on_chunk() override;
  void on_table_end(bool changed) override;

 private:
  void set_session();
  void take_tables(const rows::Catalog& catalog);
  void create_table(const rows::Table& table);
  void refuse(Refused refused);
  void suspect(const std::string& schema, const std::string& table, const std::string& reason);
  TableCopy& copy_of(const std::string& schema, const std::string& table);
  void save_chunk();
  void count_copied();

  mysql::Connection& mirror_;
  Bookkeeping bookkeeping_;
  CopyStateStore store_;
  CopyState& state_;
  bool is_new_;
  Progress& display_;
  PacketPipe pipe_;
  InsertPackets packets_;
  std::optional<SnapshotHeader> header_;
  rows::Catalog catalog_;
  std::optional<Dialect> dialect_;
  std::vector<Refused> refused_;
  std::vector<SuspectEntry> suspects_;
  TableCopy* copy_ = nullptr;
  bool skipping_ = false;  // the mirror refused the table
  std::vector<rows::Column> key_columns_;
  std::vector<std::size_t> key_places_;
  std::vector<std::optional<std::string>> last_key_;
  CopyProgress progress_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace dw::load
