#include "extractor/reading/read_verb.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/rows/catalog_reader.h"
#include "common/rows/row_line.h"
#include "extractor/reading/read_request.h"
#include "extractor/reading/reading_session.h"
#include "extractor/reading/snapshot_marker.h"
#include "extractor/reading/table_checksum.h"
#include "extractor/reading/table_reader.h"

namespace dw::extract {
namespace {

using nlohmann::json;

// Keys to one SELECT: an OR for each would grow past what a server's optimizer looks at (range_optimizer_max_
// mem_size, MySQL manual 10.2.1.2).
constexpr std::size_t kKeysAtOnce = 200;
// Before it is known how long their rows are.
constexpr std::size_t kKeysAtFirst = 10;

class Reading {
 public:
  Reading(const Config& config, Server& server, LineStream& out)
      : config_(config),
        server_(server),
        out_(out),
        gate_(server, config.reading.max_load),
        reader_(server, gate_, config.reading.chunk_seconds),
        checksum_(server, gate_, config.reading.chunk_seconds) {
    gate_.on_wait([this] { give_sign(); });
  }

  void run(const std::vector<ReadItem>& items) {
    const ServerInfo info = server_.info(config_);
    prepare_reading(server_);
    const rows::Counters before = counters_of(items);
    const SnapshotMarker marker = open_snapshot(server_, info);
    json header = header_json("read", config_, info);
    header["marker"] = to_json(marker);
    header["next_ids"] = unmoved(before, counters_of(items));
    out_.line(header);
    began_ = out_.bytes();
    for (std::size_t i = 0; i < items.size(); ++i) answer(i, items);
    close_snapshot(server_);
    out_.finish();
  }

 private:
  // Who asks gives up when nothing comes for long.
  void give_sign() {
    out_.line({{"waiting", true}});
    out_.flush();
  }

  [[nodiscard]] bool is_full(const ReadItem& item) const {
    return !item.digest && item.most_bytes != 0 && out_.bytes() - began_ >= item.most_bytes;
  }

  rows::Counters counters_of(const std::vector<ReadItem>& items) {
    std::set<std::pair<std::string, std::string>> tables;
    for (const ReadItem& item : items) {
      if (is_mirrored(config_.databases, item.schema)) tables.emplace(item.schema, item.table);
    }
    const CatalogSession session(server_);
    return rows::read_counters(session.access(), tables);
  }

  // No snapshot holds AUTO_INCREMENT counters: those that stood still while it was opened are as of it.
  static json unmoved(const rows::Counters& before, const rows::Counters& behind) {
    json out = json::array();
    for (const auto& [table, next_id] : before) {
      const auto again = behind.find(table);
      if (again != behind.end() && again->second == next_id)
        out.push_back({{"schema", table.first}, {"table", table.second}, {"next_id", next_id}});
    }
    return out;
  }

  // A table that cannot be read is an answer, too: the rest is wanted all the same.
  void answer(std::size_t number, const std::vector<ReadItem>& items) {
    const ReadItem& item = items[number];
    json done{{"item", number}};
    try {
      const rows::Table* const table = find(item);
      if (table == nullptr) {
        done["error"] = "no such table";
      } else {
        answer_from(*table, items, number, done);
      }
    } catch (const mysql::SqlError& error) {
      if (error.connection_is_gone()) throw;
      done["error"] = is_changed_table(error) ? "the table changed"
                                              : "production cannot read it: " + std::string(error.what());
    } catch (const Error& error) {
      if (error.code() != ExitCode::usage) throw;
      done["error"] = error.what();
    }
    release_table(server_);
    out_.line(done);
  }

  const rows::Table* find(const ReadItem& item) {
    if (!is_mirrored(config_.databases, item.schema)) return nullptr;
    const auto [place, is_new] = tables_.try_emplace({item.schema, item.table});
    if (is_new) {
      const CatalogSession session(server_);
      auto found = rows::read_tables(session.access(), {item.schema}, item.table);
      const auto exact = std::find_if(found.begin(), found.end(), [&](const rows::Table& one) {
        return one.schema == item.schema && one.name == item.table;
      });
      if (exact != found.end()) place->second = std::move(*exact);
    }
    return place->second.name.empty() ? nullptr : &place->second;
  }

  void answer_from(const rows::Table& table, const std::vector<ReadItem>& items, std::size_t number,
                   json& done) {
    const ReadItem& item = items[number];
    const std::vector<rows::Column> columns = columns_of(table, item);
    done["transactional"] = table.transactional;
    if (const auto sum = checksum_of(table, columns, items, number)) {
      done["rows"] = sum->rows;
      done["checksum"] = std::to_string(sum->value);
      return;
    }
    done["rows"] = 0;
    if (is_full(item)) {
      done["postponed"] = true;
      return;
    }
    rows::RowDigest digest;
    std::uint64_t count = 0;
    if (!item.digest) begin_rows(table, columns, done["item"]);
    const TableReader::OnRow on_row = [&](std::span<const rows::Value> values) {
      ++count;
      if (item.digest) {
        digest.add(columns, values);
      } else {
        rows::append_row(out_.out(), columns, values);
        out_.row_done();
      }
      return true;
    };
    read(table, columns, item, on_row, done);
    done["rows"] = count;
    if (item.digest) done["digest"] = digest.text();
  }

  // nullopt: rows of a table without a unique key, or named by keys, or values that have no exact text.
  std::optional<rows::RowChecksum> checksum_of(const rows::Table& table,
                                               const std::vector<rows::Column>& columns,
                                               const std::vector<ReadItem>& items, std::size_t number) {
    if (const auto ready = checksums_.extract(number)) return ready.mapped();
    const ReadItem& item = items[number];
    if (!item.checksum || item.keys || table.key.empty() || !can_be_walked(table, columns, table.key))
      return std::nullopt;
    const auto select =
        rows::checksum_select(columns, table.key_columns(), item.other_is_mariadb == server_.is_mariadb());
    if (!select) return std::nullopt;
    std::vector<TableRange> ranges{range_of(table, item)};
    if (!can_be_walked(table, columns, key_of(table, item))) {
      gate_.pass();
      return checksum_.of(table, *select, condition(ranges.front()));
    }
    for (std::size_t i = number + 1; i < items.size() && goes_on(items[i - 1], items[i]); ++i)
      ranges.push_back(range_of(table, items[i]));
    const auto sums = checksum_.of_ranges(table, *select, ranges, [&] { release_table(server_); });
    for (std::size_t i = 1; i < sums.size(); ++i) checksums_[number + i] = sums[i];
    return sums.front();
  }

  // Asks for the checksum of the range behind the one before it.
  static bool goes_on(const ReadItem& before, const ReadItem& item) {
    return item.checksum && !item.keys && item.schema == before.schema && item.table == before.table &&
           item.key == before.key && item.columns == before.columns && !before.through.empty() &&
           item.after == before.through && !item.through.empty();
  }

  static std::vector<rows::Column> columns_of(const rows::Table& table, const ReadItem& item) {
    if (item.columns.empty()) return table.stored_columns();
    std::vector<rows::Column> out;
    for (const std::string& name : item.columns) out.push_back(table.column(name));
    return out;
  }

  void begin_rows(const rows::Table& table, const std::vector<rows::Column>& columns, const json& item) {
    json list = json::array();
    for (const rows::Column& column : columns) list.push_back(rows::to_json(column));
    out_.line({{"item", item}, {"columns", list}, {"key", table.key}});
  }

  void read(const rows::Table& table, const std::vector<rows::Column>& columns, const ReadItem& item,
            const TableReader::OnRow& on_row, json& done) {
    if (item.keys) return read_keys(table, columns, item, on_row, done);
    const TableRange range = range_of(table, item);
    if (can_be_walked(table, columns, key_of(table, item))) {
      read_range(table, columns, item, on_row, done);
    } else {
      reader_.read_where(table, columns, condition(range), on_row);
    }
  }

  // As many at once as come to a small part of what may be given.
  void read_keys(const rows::Table& table, const std::vector<rows::Column>& columns, const ReadItem& item,
                 const TableReader::OnRow& on_row, json& done) {
    const std::vector<std::string>& key = key_of(table, item);
    std::size_t at_once = item.most_bytes == 0 ? kKeysAtOnce : kKeysAtFirst;
    for (std::size_t i = 0; i < item.keys->size();) {
      if (i != 0 && is_full(item)) {
        done["keys_done"] = i;
        return;
      }
      const std::size_t end = std::min(i + at_once, item.keys->size());
      std::vector<rows::Key> some;
      for (; i < end; ++i) some.push_back(to_key(table, key, (*item.keys)[i]));
      const std::uint64_t before = out_.bytes();
      reader_.read_where(table, columns, rows::any_of(some), on_row);
      release_table(server_);
      const std::uint64_t bytes_of_one = std::max<std::uint64_t>((out_.bytes() - before) / some.size(), 1);
      if (item.most_bytes != 0)
        at_once = std::clamp<std::uint64_t>(item.most_bytes / 4 / bytes_of_one, 1, kKeysAtOnce);
    }
  }

  // Where it ends early, it says behind which row.
  void read_range(const rows::Table& table, const std::vector<rows::Column>& columns, const ReadItem& item,
                  const TableReader::OnRow& on_row, json& done) {
    std::vector<std::size_t> places;
    std::vector<rows::Column> parts;
    for (const std::string& name : table.key) {
      const auto found = std::find_if(columns.begin(), columns.end(),
                                      [&](const rows::Column& one) { return one.name == name; });
      places.push_back(static_cast<std::size_t>(found - columns.begin()));
      parts.push_back(*found);
    }
    std::string last;
    const auto bounded = [&](std::span<const rows::Value> values) {
      if (!last.empty()) {
        done["through"] = json::parse(last);
        return false;
      }
      on_row(values);
      if (!is_full(item)) return true;
      std::vector<rows::Value> key;
      key.reserve(places.size());
      for (const std::size_t place : places) key.push_back(values[place]);
      rows::append_row(last, parts, key);
      return true;
    };
    reader_.read(table, columns, range_of(table, item), bounded, [](std::uint64_t) {});
  }

  static const std::vector<std::string>& key_of(const rows::Table& table, const ReadItem& item) {
    return item.key.empty() ? table.key : item.key;
  }

  static TableRange range_of(const rows::Table& table, const ReadItem& item) {
    TableRange out;
    if (!item.after.empty()) out.after = to_key(table, key_of(table, item), item.after);
    if (!item.through.empty()) out.through = to_key(table, key_of(table, item), item.through);
    return out;
  }

  // In chunks: along the table's own key, whose values the rows then hold.
  static bool can_be_walked(const rows::Table& table, const std::vector<rows::Column>& columns,
                            const std::vector<std::string>& key) {
    return key == table.key && std::all_of(key.begin(), key.end(), [&](const std::string& name) {
             return std::any_of(columns.begin(), columns.end(),
                                [&](const rows::Column& column) { return column.name == name; });
           });
  }

  const Config& config_;
  Server& server_;
  LineStream& out_;
  LoadGate gate_;
  TableReader reader_;
  TableChecksum checksum_;
  std::uint64_t began_ = 0;                             // bytes of the answer before its first row
  std::map<std::size_t, rows::RowChecksum> checksums_;  // by item: computed with those of one before it
  std::map<std::pair<std::string, std::string>, rows::Table> tables_;
};

}  // namespace

void run_read(const Config& config, Server& server, std::string_view body, LineStream& out) {
  Reading(config, server, out).run(parse_read_request(body));
}

}  // namespace dw::extract
