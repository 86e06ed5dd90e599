// A reading of production: what is asked of `dw-extract read`, and its answer. Pure.
// common/rows/reading_format.md describes both.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/log/batch.h"
#include "common/rows/catalog.h"
#include "loader/retention/archive/shape.h"

namespace dw::load {

// A digest is the server's own checksum where both sides can give one (common/rows/row_checksum.h).
enum class Want : std::uint8_t { rows, digest };

// Of rows that are held at once, on either side.
inline constexpr std::uint64_t kMostRowBytes = 8U << 20U;

// Rows of one table: by keys, or those behind `after` up to and with `through`.
struct RowsAsked {
  TableId table;
  Want want = Want::rows;
  std::vector<std::string> key;  // columns that the values are of; empty: the table's own key
  std::string keys;              // a JSON list of lists of values; "": a range
  std::string after;             // a JSON list of values; "": from the first row on
  std::string through;           // "": to the last
  std::uint64_t most_bytes = 0;  // of rows, in all the reading; 0: all of them
};

using StoredRow = std::vector<std::optional<std::string>>;  // nullopt is NULL

struct Answer {
  std::string error;  // "": there is one
  bool transactional = true;
  // It ends early: with the row of this key (a JSON list), behind so many of the keys, before the first row.
  std::string through;
  std::optional<std::size_t> keys_done;
  bool postponed = false;
  std::uint64_t rows = 0;
  std::string digest;  // of Want::digest, unless there is a checksum
  std::optional<std::uint64_t> checksum;
  std::vector<rows::Column> columns;
  std::vector<StoredRow> values;
};

struct ReadingHeader {
  SourceInfo source;
  bool log_enabled = true;
  std::string nonce;
  std::vector<std::uint64_t> busy;  // threads that were running a statement when the snapshot was opened
  std::map<TableId, std::uint64_t> next_ids;  // AUTO_INCREMENT counters that stood still then
};

struct Reading {
  ReadingHeader header;
  std::vector<Answer> answers;  // in the order of what was asked
};

// `mirror_is_mariadb`: whose checksums those of production are compared with.
std::string read_request(const std::vector<RowsAsked>& asked, bool mirror_is_mariadb);

// Leaves in `asked` what was answered, and gives the rest of it; nullopt: there is none.
std::optional<RowsAsked> cut_to_answer(RowsAsked& asked, const Answer& answer);

// Throws Error(failed) for what is no reading of that many items, or was cut off.
Reading parse_reading(std::string_view body, std::size_t asked);

// What `dw-extract catalog` prints.
rows::Catalog parse_catalog(std::string_view lines);

}  // namespace dw::load
