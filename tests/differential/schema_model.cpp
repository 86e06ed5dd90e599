#include "tests/differential/schema_model.h"

#include <algorithm>
#include <cstdio>

namespace dw::workload {
namespace {

// Texts that have been trouble to somebody: quotes, backslashes, line ends, comments, emoji, latin1 bytes,
// blanks.
const std::vector<std::string>& texts() {
  static const std::vector<std::string> kTexts{
      "",
      "a",
      "A",
      "abc",
      "it's",
      "a\"b",
      "back\\s",
      "two\nlines",
      "tab\there",
      "\xC3\xA4",
      "\xF0\x9F\x98\x80",
      "caf\xC3\xA9",
      "a ",
      "x;y",
      "-- no comment",
      "/* x */",
      "100%",
      "NULL",
      "?",
      "@a",
      "new.id",
      "z\xE2\x82\xACz",
      "\\",
      "#",
      "`q`",
      "\r\n",
      "0",
  };
  return kTexts;
}

const std::vector<std::string>& byte_strings() {
  static const std::vector<std::string> kBytes{
      std::string("\0\x01\x02", 3), "\xFF\xFE", "\x80\x81'", "plain", "\\\x5C", "\xE4\xF6",
      std::string("a\0", 2),        "\x1A",
  };
  return kBytes;
}

std::string two(int number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

std::string fraction(Random& random, int digits) {
  if (digits == 0) return "";
  std::string out = ".";
  for (int i = 0; i < digits; ++i) out += std::to_string(random.below(10));
  return out;
}

std::string date_text(Random& random) {
  return text({std::to_string(random.between(2019, 2027)), "-", two(random.between(1, 12)), "-",
               two(random.between(1, 28))});
}

std::string time_text(Random& random, int digits) {
  return text({two(random.between(3, 23)), ":", two(random.between(0, 59)), ":", two(random.between(0, 59)),
               fraction(random, digits)});
}

std::string text_type(Random& random, const Weights& weights, Column& column) {
  column.kind = Kind::text;
  column.high = random.between(3, 40);
  const std::string length = "(" + std::to_string(column.high) + ")";
  const std::string base = random.pick({"VARCHAR", "VARCHAR", "VARCHAR", "CHAR", "TEXT"});
  std::string type = base == "TEXT" ? base : base + length;
  if (random.percent(weights["schema_latin1"])) return type + " CHARACTER SET latin1";
  if (random.percent(weights["schema_default_collation"])) return type;
  return type + " CHARACTER SET utf8mb4 COLLATE " + random.pick({"utf8mb4_general_ci", "utf8mb4_bin"});
}

std::string integer_type(Random& random, Column& column) {
  column.kind = Kind::integer;
  const std::string base = random.pick({"INT", "INT", "INT", "BIGINT", "SMALLINT", "TINYINT", "MEDIUMINT"});
  return base + (random.percent(25) ? " UNSIGNED" : "");
}

std::string time_type(Random& random, Column& column) {
  const std::string base = random.pick({"DATE", "DATETIME", "DATETIME", "TIMESTAMP", "TIME", "YEAR"});
  if (base == "DATE" || base == "YEAR") {
    column.kind = base == "DATE" ? Kind::date : Kind::year;
    return base;
  }
  column.kind = base == "TIME" ? Kind::time : Kind::datetime;
  if (random.percent(40)) column.digits = random.percent(50) ? 6 : random.between(1, 5);
  return column.digits == 0 ? base : base + "(" + std::to_string(column.digits) + ")";
}

std::string random_type(Random& random, const Weights& weights, Column& column) {
  if (random.percent(weights["schema_json"])) {
    column.kind = Kind::json;
    return "JSON";
  }
  switch (random.below(12)) {
    case 0:
      column.kind = Kind::decimal;
      return "DECIMAL(8,2)";
    case 1:
      column.kind = Kind::floating;
      return random.pick({"FLOAT", "DOUBLE"});
    case 2:
    case 3:
      return time_type(random, column);
    case 4:
      column.kind = Kind::binary;
      column.high = 12;
      return random.pick({"VARBINARY(12)", "BLOB", "BINARY(12)"});
    case 5:
      switch (random.below(3)) {
        case 0:
          column.kind = Kind::bit;
          return "BIT(5)";
        case 1:
          column.kind = Kind::choice;
          return "ENUM('red','green','it''s')";
        default:
          column.kind = Kind::choices;
          return "SET('a','b','c')";
      }
    case 6:
    case 7:
    case 8:
      return text_type(random, weights, column);
    default:
      return integer_type(random, column);
  }
}

bool can_have_default(const Column& column) {
  return column.type != "BLOB" && column.kind != Kind::json && !column.type.starts_with("TEXT");
}

std::string default_clause(Random& random, const Weights& weights, const Column& column) {
  if (column.kind == Kind::datetime) {
    const bool fine = column.digits == 6 && random.percent(weights["schema_fraction_default"]);
    if (column.digits == 0 || fine) {
      const std::string now = fine ? "CURRENT_TIMESTAMP(6)" : "CURRENT_TIMESTAMP";
      return " DEFAULT " + now + (random.percent(40) ? " ON UPDATE " + now : "");
    }
  }
  switch (column.kind) {
    case Kind::integer:
      return " DEFAULT " + std::to_string(random.below(10));
    case Kind::text:
      return " DEFAULT 'd'";
    case Kind::choice:
      return " DEFAULT 'red'";
    case Kind::decimal:
      return " DEFAULT 1.50";
    default:
      return column.nullable ? " DEFAULT NULL" : "";
  }
}

Column generated_column(const std::string& name, const Table& table) {
  for (const Column& base : table.columns) {
    if (base.kind == Kind::integer && !base.automatic) {
      return {.name = name, .type = "BIGINT", .rest = " AS (" + base.name + " * 2) ", .generated = true};
    }
  }
  return {};
}

void add_key(Random& random, const Weights& weights, NewTable& made) {
  Table& table = made.table;
  if (random.percent(weights["schema_no_primary_key"])) return;
  if (random.percent(weights["schema_composite_key"])) {
    table.columns.push_back({.name = "k1",
                             .type = "INT",
                             .rest = " NOT NULL",
                             .high = 6,
                             .nullable = false,
                             .has_default = false});
    table.columns.push_back({.name = "k2",
                             .type = "VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
                             .rest = " NOT NULL",
                             .kind = Kind::text,
                             .high = 10,
                             .nullable = false,
                             .has_default = false});
    table.key = {"k1", "k2"};
  } else {
    Column id{.name = "id", .type = "INT", .rest = " NOT NULL", .nullable = false, .has_default = false};
    id.automatic = random.percent(weights["schema_auto_increment"]);
    if (id.automatic) {
      id.rest += " AUTO_INCREMENT";
      id.type = random.pick({"INT", "INT", "BIGINT", "INT UNSIGNED", "SMALLINT"});
      id.has_default = true;
    }
    table.columns.push_back(id);
    table.key = {"id"};
  }
}

std::string key_list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ",") + name;
  return out;
}

}  // namespace

const Column* Table::find(const std::string& column) const {
  const auto at =
      std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == column; });
  return at == columns.end() ? nullptr : &*at;
}

const Column* Table::automatic() const {
  const auto at = std::find_if(columns.begin(), columns.end(), [](const Column& c) { return c.automatic; });
  return at == columns.end() ? nullptr : &*at;
}

bool Table::is_key(const std::string& column) const {
  return std::find(key.begin(), key.end(), column) != key.end();
}

Column random_column(Random& random, const Weights& weights, const std::string& name) {
  Column column{.name = name};
  column.type = random_type(random, weights, column);
  column.nullable = random.percent(70);
  const std::string null =
      column.nullable ? (column.type.starts_with("TIMESTAMP") ? " NULL" : "") : " NOT NULL";
  std::string value;
  if (can_have_default(column) && random.percent(50)) value = default_clause(random, weights, column);
  column.has_default = column.nullable || !value.empty();
  column.rest = null + value;
  return column;
}

std::string NewTable::create(const std::string& name, const std::string& prefix) const {
  std::string out = prefix + name + " (";
  for (std::size_t i = 0; i < items.size(); ++i) out += (i == 0 ? "" : ", ") + items[i];
  return out + ")" + options;
}

NewTable random_table(Random& random, const Weights& weights, const std::string& database,
                      const std::string& name) {
  NewTable made;
  Table& table = made.table;
  table.database = database;
  table.name = name;
  add_key(random, weights, made);
  const int more = random.between(1, 5);
  for (int i = 0; i < more; ++i) {
    table.columns.push_back(random_column(random, weights, std::string(1, static_cast<char>('a' + i))));
  }
  if (random.percent(weights["schema_generated_column"])) {
    Column column = generated_column("g", table);
    if (!column.name.empty()) {
      column.rest += random.pick({"STORED", "VIRTUAL"});
      table.columns.push_back(column);
    }
  }
  for (const Column& column : table.columns)
    made.items.push_back(column.name + " " + column.type + column.rest);
  if (!table.key.empty()) made.items.push_back("PRIMARY KEY (" + key_list(table.key) + ")");
  const Column& last = table.columns.back();
  const bool indexable =
      !last.generated && last.type != "BLOB" && !last.type.starts_with("TEXT") && last.kind != Kind::json;
  if (indexable && !table.is_key(last.name)) {
    if (random.percent(weights["schema_unique_key"])) {
      made.items.push_back("UNIQUE KEY u1 (" + last.name + ")");
    } else if (random.percent(20)) {
      made.items.push_back("KEY k1 (" + last.name + ")");
    }
  }
  const Column* a = table.find("a");
  if (a != nullptr && a->kind == Kind::integer && random.percent(weights["schema_check"])) {
    made.items.emplace_back("CHECK (a < 19)");
  }
  table.transactional = !random.percent(weights["schema_myisam"]);
  made.options = table.transactional ? "" : " ENGINE=MyISAM";
  return made;
}

std::string sql_quoted(const std::string& bytes) {
  std::string out = "'";
  for (const char c : bytes) {
    if (c == '\'')
      out += "''";
    else if (c == '\\')
      out += "\\\\";
    else if (c == '\0')
      out += "\\0";
    else
      out += c;
  }
  return out + "'";
}

std::string random_plain_value(Random& random, const Column& column) {
  switch (column.kind) {
    case Kind::integer: {
      if (random.percent(3)) return random.pick({"-1", "127", "128", "70000"});
      return std::to_string(random.below(static_cast<std::size_t>(column.high)));
    }
    case Kind::decimal:
      return text({std::to_string(random.between(-50, 500)), ".", two(random.between(0, 99))});
    case Kind::floating:
      return text({std::to_string(random.between(-9, 99)), ".", random.pick({"5", "25", "1", "333"})});
    case Kind::date:
      return date_text(random);
    case Kind::datetime:
      return text({date_text(random), " ", time_text(random, column.digits)});
    case Kind::time:
      return time_text(random, column.digits);
    case Kind::year:
      return std::to_string(random.between(1990, 2030));
    case Kind::binary:
      return random.pick(byte_strings());
    case Kind::bit:
      return std::to_string(random.below(32));
    case Kind::choice:
      return random.pick({"red", "green", "it's"});
    case Kind::choices:
      return random.pick({"", "a", "a,b", "b,c", "a,b,c"});
    case Kind::json:
      return random.pick({"{\"a\": 1}", "[1, 2, \"x\"]", "\"\xC3\xA4\"", "{\"k\": \"it's\"}", "null"});
    case Kind::text:
      break;
  }
  std::string out = random.pick(texts());
  if (random.percent(40)) out += std::to_string(random.below(100));
  return out;
}

std::string random_literal(Random& random, const Column& column) {
  if (column.nullable && random.percent(10)) return "NULL";
  if (column.has_default && !column.automatic && random.percent(5)) return "DEFAULT";
  const std::string plain = random_plain_value(random, column);
  switch (column.kind) {
    case Kind::integer:
    case Kind::decimal:
    case Kind::floating:
    case Kind::year:
    case Kind::bit:
      return plain;
    case Kind::binary: {
      if (random.percent(50)) return sql_quoted(plain);
      std::string hex = "x'";
      char digits[3];
      for (const char c : plain) {
        static_cast<void>(std::snprintf(digits, sizeof digits, "%02X",
                                        static_cast<unsigned>(static_cast<unsigned char>(c))));
        hex += digits;
      }
      return hex + "'";
    }
    default:
      return sql_quoted(plain);
  }
}

}  // namespace dw::workload
