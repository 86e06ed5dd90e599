// The checksum of a range of a table's rows, computed by the server (common/rows/row_checksum.h): in pieces
// along the table's key that take the time target each, as its rows would be read.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/rows/catalog.h"
#include "common/rows/row_checksum.h"
#include "extractor/reading/chunk_size.h"
#include "extractor/reading/load_gate.h"
#include "extractor/reading/table_reader.h"
#include "extractor/server.h"

namespace dw::extract {

class TableChecksum {
 public:
  TableChecksum(Server& server, LoadGate& gate, double chunk_seconds)
      : server_(server), gate_(gate), chunk_seconds_(chunk_seconds), size_(chunk_seconds) {}

  // Of each of the first of `ranges`, one or more: as many as go into one piece. Each begins where the one
  // before it ends. `select`: rows::checksum_select's. The table has a key. `on_piece` is called behind each
  // piece. Throws mysql::SqlError.
  std::vector<rows::RowChecksum> of_ranges(const rows::Table& table, const std::string& select,
                                           std::span<const TableRange> ranges,
                                           const std::function<void()>& on_piece);

  // Of the rows that the condition names, in one go.
  rows::RowChecksum of(const rows::Table& table, const std::string& select, const std::string& condition);

 private:
  rows::RowChecksum along_key(const rows::Table& table, const std::string& select, const TableRange& range,
                              const std::function<void()>& on_piece);

  std::vector<rows::RowChecksum> together(const rows::Table& table, const std::string& select,
                                          std::span<const std::string> conditions);
  rows::Key key_behind(const rows::Table& table, const TableRange& range, std::uint64_t rows);

  Server& server_;
  LoadGate& gate_;
  double chunk_seconds_;
  std::string table_;  // that `size_` was learnt from: the next range is most often of the same
  ChunkSize size_;
  std::uint64_t rows_in_range_ = 0;  // of that table; 0: not known yet
};

}  // namespace dw::extract
