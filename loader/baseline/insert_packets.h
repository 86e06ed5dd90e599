// Rows as multi-row INSERTs that store exactly the bytes that were read. Pure.
//
// The session that runs them has SET NAMES utf8mb4, sql_mode NO_AUTO_VALUE_ON_ZERO alone, and time_zone
// '+00:00'. Texts in other character sets go with an introducer (MySQL manual 12.3.8), so that nobody
// converts them.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/rows/catalog.h"
#include "common/rows/row_digest.h"

namespace dw::load {

class InsertPackets {
 public:
  using Send = std::function<void(const std::string& sql)>;

  explicit InsertPackets(Send send) : send_(std::move(send)) {}

  // What was added before must be flushed.
  void begin(const rows::Table& table);
  void add(std::span<const rows::Value> values);
  void flush();

 private:
  Send send_;
  std::vector<rows::Column> columns_;
  std::string head_;
  std::string packet_;
  bool empty_ = true;
};

// Appends the value as a literal. Throws Error(failed) for what is no value of the column's kind.
void append_literal(std::string& out, const rows::Column& column, const rows::Value& value);

}  // namespace dw::load
