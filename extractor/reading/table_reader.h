// Reads a table's rows within the session's snapshot: in chunks along its key, or, without a key, in one go.
#pragma once

#include <functional>
#include <string>

#include "common/rows/catalog.h"
#include "common/rows/key_range.h"
#include "common/rows/row_digest.h"
#include "extractor/reading/chunk_size.h"
#include "extractor/reading/load_gate.h"
#include "extractor/server.h"

namespace dw::extract {

// From behind one place up to and with another, in the order of the key.
struct TableRange {
  rows::Key after;    // empty: from the first row on
  rows::Key through;  // empty: to the last
};

class TableReader {
 public:
  // Returns false to hear no more.
  using OnRow = std::function<bool(std::span<const rows::Value>)>;
  // Called behind each chunk, and while the gate is closed, when `rows` is 0. It must not use the server: a
  // table without a key is one SELECT, whose rows are still to come.
  using OnChunk = std::function<void(std::uint64_t rows)>;

  TableReader(Server& server, LoadGate& gate, double chunk_seconds)
      : server_(server), gate_(gate), chunk_seconds_(chunk_seconds) {}

  // Values come in the order of `columns`, which must hold the key's. Between two chunks the table is
  // released, so that DDL can pass. Throws mysql::SqlError.
  void read(const rows::Table& table, std::span<const rows::Column> columns, const TableRange& range,
            const OnRow& on_row, const OnChunk& on_chunk);

  // The rows that the condition names, in no order, when production has time.
  void read_where(const rows::Table& table, std::span<const rows::Column> columns,
                  const std::string& condition, const OnRow& on_row);

 private:
  Server& server_;
  LoadGate& gate_;
  double chunk_seconds_;
};

std::string condition(const TableRange& range);
// The table as a name in SQL, the index to walk it by, and what to SELECT of it.
std::string sql_name(const rows::Table& table);
std::string force_index(const rows::Table& table);
std::string select_list(std::span<const rows::Column> columns);

}  // namespace dw::extract
