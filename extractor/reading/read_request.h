// The body of a `read`: which rows are wanted, and how. common/rows/reading_format.md describes it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/rows/catalog.h"
#include "common/rows/key_range.h"

namespace dw::extract {

// A value that a request names.
struct AskedValue {
  std::optional<std::string> bytes;  // nullopt: NULL
  rows::Form form = rows::Form::characters;
  bool operator==(const AskedValue&) const = default;
};
using AskedKey = std::vector<AskedValue>;

struct ReadItem {
  std::string schema;
  std::string table;
  std::vector<std::string> columns;           // empty: all that are stored
  std::vector<std::string> key;               // the columns that the values are of; empty: the table's key
  std::optional<std::vector<AskedKey>> keys;  // rows by key; else a range
  AskedKey after;
  AskedKey through;
  // Of rows: ends early where the reading has given so many bytes of them; 0: never.
  std::uint64_t most_bytes = 0;
  bool digest = false;
  // The server's own checksum in its place, where it and the other side's write all values alike.
  bool checksum = false;
  bool other_is_mariadb = false;
};

// Where a snapshot goes on: behind that row of that table, or, without a key, behind the table.
struct SnapshotPlace {
  std::string schema;
  std::string table;
  AskedKey key;
};

// Both throw RequestError(usage).
std::vector<ReadItem> parse_read_request(std::string_view body);
SnapshotPlace parse_snapshot_place(std::string_view text);

// As parts of a condition. Throws Error(usage) when a value is none of its column's.
rows::Key to_key(const rows::Table& table, const std::vector<std::string>& columns, const AskedKey& key);

}  // namespace dw::extract
