// dw_meta.chunks: the tables in pieces along their keys, and when each was last compared with production.
// bookkeeping.cpp has its columns.
//
// Pieces are made from the mirror's rows. They leave no key out, so that rows that only production has lie in
// one of them, too. Throws mysql::SqlError.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/util/clock.h"
#include "loader/verify/mirror_tables.h"

namespace dw::load {

constexpr std::uint64_t kRowsInChunk = 5000;  // at most

struct Chunk {
  TableId table;
  std::uint32_t number = 0;
  std::string after;    // a JSON list of values; "": from the first row on
  std::string through;  // "": to the last
};

// What a look at a chunk gave.
struct ChunkLook {
  std::uint64_t rows = 0;
  std::uint64_t differing = 0;  // not mended
  std::uint64_t found = 0;
  std::uint64_t repaired = 0;
  bool settled = true;  // no row of it was in doubt
  Micros at = 0;
};

class ChunkStore {
 public:
  explicit ChunkStore(mysql::Connection& connection) : connection_(connection) {}

  // Those that have pieces; true: the last one has grown, and is to be cut.
  [[nodiscard]] std::map<TableId, bool> tables();
  // Those that were not looked at since `before` or differed then, the ones that waited longest first; of one
  // table, or all.
  std::vector<Chunk> due(Micros before, std::size_t most, const TableId* only = nullptr);
  // Every piece of the table was found or made equal behind this time.
  [[nodiscard]] bool verified_since(const TableId& table, Micros time);
  // Tables with rows that differ and were not mended.
  [[nodiscard]] std::vector<TableId> differing();

  void save(const Chunk& chunk, const ChunkLook& look);
  void forget(const TableId& table);
  // Cuts a table that has no pieces, and the last piece where it has grown. `walkable`: the order of the key
  // is the same in production.
  void cut(MirrorTables& tables, const TableId& table, bool walkable);

 private:
  void add(const Chunk& chunk);

  mysql::Connection& connection_;
};

}  // namespace dw::load
