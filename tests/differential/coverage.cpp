#include "tests/differential/coverage.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <nlohmann/json.hpp>

#include "tests/differential/comparison.h"

namespace dw::test {
namespace {

using mysql::Connection;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::optional<std::int64_t> integer(const std::string& text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

// As most collations compare: letters of either case and spaces behind them are alike.
std::string comparable(const std::string& value) {
  if (const auto number = integer(value)) return std::to_string(*number);
  std::string out = lower(value);
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

std::string from_hex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

std::string key_value(const nlohmann::json& value) {
  return comparable(value.is_object() ? from_hex(value.at("hex").get<std::string>())
                                      : value.get<std::string>());
}

std::string text_of(const NamedRow& row) {
  std::string out;
  for (const auto& [column, value] : row) out += column + "=" + value.value_or("NULL") + " ";
  return out.substr(0, 300);
}

struct Column {
  std::string name;  // in lower case
  std::string type;
};

// One table's rows by what they are found by; of rows that are all alike the number counts.
struct TableRows {
  std::multimap<std::string, NamedRow> rows;
};

class TableReader {
 public:
  TableReader(Connection& source, std::string schema, std::string table, bool portable)
      : schema_(std::move(schema)), table_(std::move(table)), portable_(portable) {
    const std::string where =
        " WHERE TABLE_SCHEMA=" + source.literal(schema_) + " AND TABLE_NAME=" + source.literal(table_);
    for (const auto& row :
         source.rows("SELECT COLUMN_NAME, LOWER(DATA_TYPE) FROM information_schema.COLUMNS" + where +
                     " ORDER BY ORDINAL_POSITION")) {
      columns_.push_back({lower(row[0].value_or("")), row[1].value_or("")});
    }
    for (const auto& row : source.rows("SELECT COLUMN_NAME FROM information_schema.STATISTICS" + where +
                                       " AND INDEX_NAME='PRIMARY' ORDER BY SEQ_IN_INDEX")) {
      key_.push_back(lower(row[0].value_or("")));
    }
  }

  TableRows read(Connection& server) const {
    TableRows out;
    server.stream("SELECT * FROM `" + schema_ + "`.`" + table_ + "`", [&](mysql::Row values) {
      NamedRow row;
      for (std::size_t i = 0; i < columns_.size() && i < values.size(); ++i) {
        std::optional<std::string> value;
        if (values[i]) value = std::string(*values[i]);
        if (portable_) make_comparable(columns_[i].type, value);
        row.emplace(columns_[i].name, std::move(value));
      }
      std::string key = key_of(row);
      out.rows.emplace(std::move(key), std::move(row));
      return true;
    });
    return out;
  }

 private:
  std::string key_of(const NamedRow& row) const {
    std::string out;
    const auto add = [&](const std::optional<std::string>& value) {
      out += value ? std::to_string(value->size()) + ":" + *value : "-";
    };
    for (const std::string& column : key_) {
      const auto found = row.find(column);
      if (found != row.end()) add(found->second);
    }
    if (key_.empty()) {
      for (const auto& [column, value] : row) add(value);
    }
    return out;
  }

  std::string schema_;
  std::string table_;
  bool portable_;
  std::vector<Column> columns_;
  std::vector<std::string> key_;
};

class Measure {
 public:
  Measure(const SuspectNet& net, std::string schema, std::string table)
      : net_(net), schema_(std::move(schema)), table_(std::move(table)) {
    out_.table = schema_ + "." + table_;
    out_.suspect = net.has(schema_, table_);
  }

  TableCoverage of(const TableRows& source, const TableRows& mirror) {
    auto ours = source.rows.begin();
    auto theirs = mirror.rows.begin();
    while (ours != source.rows.end() || theirs != mirror.rows.end()) {
      if (theirs == mirror.rows.end() || (ours != source.rows.end() && ours->first < theirs->first)) {
        count(ours->second, ours->second, &out_.missing);
        ++ours;
      } else if (ours == source.rows.end() || theirs->first < ours->first) {
        count(theirs->second, theirs->second, &out_.extra);
        ++theirs;
      } else {
        count(ours->second, theirs->second, ours->second == theirs->second ? nullptr : &out_.other_values);
        ++ours;
        ++theirs;
      }
    }
    return std::move(out_);
  }

 private:
  // `differs`: the way in which the two are not the same row; null: they are.
  void count(const NamedRow& one, const NamedRow& other, std::size_t* differs) {
    const bool covered = net_.covers(schema_, table_, one) || net_.covers(schema_, table_, other);
    ++out_.rows;
    out_.rows_covered += covered ? 1 : 0;
    if (differs == nullptr) return;
    ++*differs;
    out_.covered += covered ? 1 : 0;
    if (covered || !out_.uncovered.empty()) return;
    const std::string how = differs == &out_.missing ? "missing " : differs == &out_.extra ? "extra " : "";
    out_.uncovered = how + text_of(one) + (&one == &other ? "" : "<> " + text_of(other));
  }

  const SuspectNet& net_;
  std::string schema_;
  std::string table_;
  TableCoverage out_;
};

}  // namespace

SuspectNet::SuspectNet(Connection& mirror) {
  if (!mirror.value("SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA='dw_meta' AND "
                    "TABLE_NAME='suspects'"))
    return;
  static constexpr std::array<const char*, 4> kScopes{"keys", "ids", "table", "all"};
  for (const auto& row : mirror.rows(
           "SELECT schema_name, table_name, scope, `keys` FROM dw_meta.suspects WHERE cleared_at IS NULL")) {
    const std::string scope = row[2].value_or("");
    const auto at = std::find(kScopes.begin(), kScopes.end(), scope);
    if (at != kScopes.end()) ++by_scope_.at(static_cast<std::size_t>(at - kScopes.begin()));
    Named& named = tables_[scope == "all" ? "." : row[0].value_or("") + "." + row[1].value_or("")];
    if (scope == "keys" || scope == "ids") {
      read_keys(row[3].value_or("{}"), named);
    } else {
      named.whole = true;
    }
  }
}

void SuspectNet::read_keys(const std::string& text, Named& into) {
  const auto json = nlohmann::json::parse(text);
  if (json.contains("column")) {
    Range range{.column = lower(json.at("column").get<std::string>()),
                .from = json.at("from").get<std::int64_t>(),
                .to = std::nullopt};
    if (json.contains("to")) range.to = json.at("to").get<std::int64_t>();
    into.ranges.push_back(std::move(range));
    return;
  }
  std::vector<std::string> columns;
  for (const auto& column : json.at("columns")) columns.push_back(lower(column.get<std::string>()));
  auto& rows = into.rows[columns];
  for (const auto& row : json.at("rows")) {
    std::vector<std::string> values;
    for (const auto& value : row) values.push_back(key_value(value));
    rows.insert(std::move(values));
  }
}

bool SuspectNet::has(const std::string& schema, const std::string& table) const {
  return tables_.contains(schema + "." + table) || tables_.contains(schema + ".") || tables_.contains(".");
}

bool SuspectNet::covers(const std::string& schema, const std::string& table, const NamedRow& row) const {
  if (tables_.contains(".") || tables_.contains(schema + ".")) return true;
  const auto found = tables_.find(schema + "." + table);
  if (found == tables_.end()) return false;
  const Named& named = found->second;
  if (named.whole) return true;
  const auto value_of = [&](const std::string& column) -> std::optional<std::string> {
    const auto at = row.find(column);
    return at == row.end() ? std::nullopt : at->second;
  };
  for (const Range& range : named.ranges) {
    const auto value = value_of(range.column);
    const auto number = value ? integer(*value) : std::nullopt;
    if (number && *number >= range.from && (!range.to || *number <= *range.to)) return true;
  }
  return std::any_of(named.rows.begin(), named.rows.end(), [&](const auto& entry) {
    std::vector<std::string> values;
    for (const std::string& column : entry.first) values.push_back(comparable(value_of(column).value_or("")));
    return entry.second.contains(values);
  });
}

std::vector<TableCoverage> measure_coverage(Connection& source, Connection& mirror, const SuspectNet& net,
                                            const std::vector<std::string>& schemas) {
  const bool portable = source.is_mariadb() != mirror.is_mariadb();
  std::string list;
  for (const std::string& schema : schemas) list += (list.empty() ? "" : ",") + source.literal(schema);
  const std::string tables =
      "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE='BASE TABLE' AND "
      "TABLE_SCHEMA IN (" +
      list + ") ORDER BY 1, 2";
  const auto theirs = mirror.rows(tables);
  std::vector<TableCoverage> out;
  for (Connection* server : {&source, &mirror})
    server->execute("SET character_set_results=NULL, time_zone='+00:00'");
  for (const auto& row : source.rows(tables)) {
    if (std::find(theirs.begin(), theirs.end(), row) == theirs.end()) continue;
    const std::string schema = row[0].value_or("");
    const std::string table = row[1].value_or("");
    const TableReader reader(source, schema, table, portable);
    out.push_back(Measure(net, schema, table).of(reader.read(source), reader.read(mirror)));
  }
  return out;
}

}  // namespace dw::test
