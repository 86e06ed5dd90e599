// A snapshot as it comes in: bytes in, what they tell out. common/rows/reading_format.md describes it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/log/batch.h"
#include "common/rows/catalog.h"
#include "common/rows/row_line.h"

namespace dw::load {

struct SnapshotHeader {
  SourceInfo source;
  std::vector<std::string> databases;
  std::string nonce;
  std::optional<Cursor> cursor;
  std::vector<std::uint64_t> busy;
  std::optional<Micros> oldest_transaction;  // how long it had been open; none: not known
};

// Told what comes, in the order in which it comes.
class SnapshotVisitor {
 public:
  SnapshotVisitor() = default;
  SnapshotVisitor(const SnapshotVisitor&) = delete;
  SnapshotVisitor& operator=(const SnapshotVisitor&) = delete;
  virtual ~SnapshotVisitor() = default;

  // Once, before the first table.
  virtual void on_start(const SnapshotHeader& header, const rows::Catalog& catalog) = 0;
  virtual void on_table(const rows::Table& table) = 0;
  virtual void on_row(std::span<const rows::Value> values) = 0;
  virtual void on_chunk() = 0;
  // `changed`: what came of it is worth nothing.
  virtual void on_table_end(bool changed) = 0;
};

class SnapshotLines {
 public:
  explicit SnapshotLines(SnapshotVisitor& visitor) : visitor_(visitor) {}

  // Throws Error(failed) for what is no snapshot, and what the visitor throws.
  void feed(std::string_view bytes);
  // The last line has come, and all before it.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  void take(std::string_view line);
  void take_header(const nlohmann::json& line);
  void take_object(const nlohmann::json& line);
  void begin_table(const nlohmann::json& line);

  SnapshotVisitor& visitor_;
  std::string rest_;  // of a line whose end has not come
  std::uint64_t lines_ = 0;
  std::optional<SnapshotHeader> header_;
  rows::Catalog catalog_;
  bool started_ = false;
  const rows::Table* table_ = nullptr;
  std::vector<rows::Column> columns_;
  rows::RowParser parser_;
  bool complete_ = false;
};

}  // namespace dw::load
