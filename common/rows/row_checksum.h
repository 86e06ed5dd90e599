// A digest over rows that a server computes by itself, in one SELECT: what crosses the wire is two numbers.
//
// Each row's values are put into one text; its CRC32, plus 1, times the CRC32 of the row's key, made odd, is
// the row's number, and the numbers are combined by XOR. CRC32 alone, which pt-table-checksum takes, is
// linear: values that two rows exchanged go unnoticed (CRC(a) ^ CRC(b) = CRC(c) ^ CRC(d) wherever
// a ^ b = c ^ d). Products are not, and a row has the same number as before only where the CRC32 of its text
// is the same: never for a change within four bytes that stand together, by chance once in 2^32 for others;
// two or more rows that changed cancel out once in some 2^60. SHA-256, which would be surer for one row,
// takes the servers three times as long as all the rest; MD5 and SHA1 are no built-in functions of MySQL 9.6
// and later (manual, "Component for classic hashing").
//
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/rows/column.h"

namespace dw::rows {

// Of a bag of rows; that of two bags is the sum of counts and the XOR of values.
struct RowChecksum {
  std::uint64_t rows = 0;
  std::uint64_t value = 0;
  RowChecksum& operator+=(const RowChecksum& other);
  bool operator==(const RowChecksum&) const = default;
};

// What to SELECT for it: two columns. The session's are as Column says, and `key`, of the same table, must be
// unique and not empty.
// `same_servers`: both sides are MySQL, or both MariaDB, and write a value in the same way: DOUBLE and JSON
// they write otherwise than each other. nullopt: some column has values whose text tells too little.
std::optional<std::string> checksum_select(std::span<const Column> columns, std::span<const Column> key,
                                           bool same_servers);

// `select`: what checksum_select gives. One statement for the rows of each condition over table `from`, a
// line each, with the condition's place, from 0, in front: a server takes hundreds of rows in the time of a
// question.
std::string checksum_query(const std::string& select, const std::string& from,
                           std::span<const std::string> conditions);

// Throws Error(failed) when these are no two numbers.
RowChecksum checksum_from(std::string_view rows, std::string_view value);

}  // namespace dw::rows
