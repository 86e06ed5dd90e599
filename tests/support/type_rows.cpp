#include "tests/support/type_rows.h"

#include <cstdint>
#include <cstdio>

namespace dw::test {
namespace {

constexpr const char* kTypes = R"(
SET NAMES utf8mb4; SET sql_mode=''; SET time_zone='+02:00';
CREATE DATABASE app;
CREATE TABLE app.types (
  id INT PRIMARY KEY, i8 TINYINT, u64 BIGINT UNSIGNED, i64 BIGINT, zf INT(8) ZEROFILL, n DECIMAL(30,10),
  nz DECIMAL(10,2) ZEROFILL, f FLOAT, ff FLOAT(9,3), d DOUBLE, dd DOUBLE(12,4), b1 BIT(1), b64 BIT(64),
  c CHAR(10), t TEXT, l VARCHAR(20) CHARACTER SET latin1, w VARCHAR(20) CHARACTER SET utf16,
  sj VARCHAR(20) CHARACTER SET sjis, vb VARBINARY(20), b4 BINARY(4), bl LONGBLOB,
  e ENUM('a','b',''), s SET('x','y','z'), j JSON, g GEOMETRY, da DATE, dt DATETIME(6), ts TIMESTAMP(6) NULL,
  ti TIME(6), y YEAR, gv INT AS (id+1) VIRTUAL, gs INT AS (id+2) STORED) DEFAULT CHARACTER SET utf8mb4;
INSERT INTO app.types (id, i8, u64, i64, zf, n, nz, f, ff, d, dd, b1, b64, c, t, l, w, sj, vb, b4, bl, e, s, j, g,
  da, dt, ts, ti, y) VALUES
 (1, -128, 18446744073709551615, -9223372036854775808, 42, -12345678901234567890.0123456789, 7.5, 0.1, 1.2345,
  0.1, 1.23456, b'1', b'1000000000000000000000000000000000000000000000000000000000000001', 'trail  ',
  'h\u00e9 "q" \\ \n \0 x', 'x', 'x', 'x', x'00ff27', 'ab', x'0001fe', 'b', 'x,z',
  '{"b": [1, 2.5, null, true], "a": "\u00e9"}', ST_GeomFromText('POINT(1 2)'), '2026-11-21',
  '2026-11-21 01:02:03.456789', '2026-11-21 01:02:03.456789', '-838:59:59', 2026),
 (2, 127, 0, 9223372036854775807, 0, 0.0000000001, 0, 3.4028234e38, -123456.789, 1.7976931348623157e308, -0.00001,
  b'0', 0, '', '', _utf8mb4 x'C3A9C39F', _utf8mb4 x'F09F9880', _utf8mb4 x'E8A1A8', '', '', '', '', '', '[]',
  ST_GeomFromText('LINESTRING(0 0,1 1.5,-2 3)', 0), '0000-00-00', '0000-00-00 00:00:00', '2038-01-19 05:14:07',
  '838:59:59', 1901),
 (3, 0, 1, -1, 99999999, -0.5, 0.01, -0e0, 0, -0e0, 0, b'0', 5, 'é', '日本', 'x', 'é', '', x'5c', x'ffffffff', x'80',
  'nosuch', '', '"text"', NULL, '2026-00-00', '9999-12-31 23:59:59.999999', '1970-01-01 02:00:01', '00:00:00.000001', 0),
 (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (5, 1, 1, 1, 1, 1, 1, 16777217, 1e6, 123456789012345680, 1e7, 1, 255, 'x', REPEAT('x', 70000), 'x', 'x', 'x', 'x',
  'x', REPEAT(x'00ff', 40000), 1, 3, '{"n": 123456789012345678, "f": 1e2}', ST_GeomFromText('POINT(-0.1 1e300)'), NULL, NULL,
  NULL, NULL, 2155);
UPDATE app.types SET g=ST_GeomFromText('POINT(10 20)', 4326) WHERE id=4;
)";

}  // namespace

std::string type_rows() {
  return kTypes;
}

std::string float_rows() {
  std::string out =
      "CREATE TABLE app.floats (id INT PRIMARY KEY, f FLOAT, d DOUBLE); INSERT INTO app.floats VALUES ";
  std::uint64_t state = 88172645463325252ULL;
  for (int i = 0; i < 500; ++i) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    char one[100];
    const double value = static_cast<double>(state % 1'000'000'007) / 977.0;
    std::snprintf(one, sizeof one, "%s(%d,%.9ge%d,%.17ge%d)", i == 0 ? "" : ",", i, value,
                  static_cast<int>(state % 60) - 30, value, static_cast<int>(state % 500) - 250);
    out += one;
  }
  return out;
}

}  // namespace dw::test
