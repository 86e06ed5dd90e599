#include "loader/baseline/copier.h"

#include <algorithm>
#include <tuple>

#include <nlohmann/json.hpp>

#include "common/util/error.h"
#include "loader/apply/dialect_facts.h"
#include "loader/baseline/log_place.h"
#include "loader/baseline/schema_maker.h"

namespace dw::load {
namespace {

using nlohmann::json;

// A table of which less was copied begins anew: its rows are then of one instant.
constexpr std::uint64_t kBytesToCopyAgain = 32U << 20U;

}  // namespace

Copier::Copier(mysql::Connection& mirror, CopyState& state, bool is_new, Progress& display)
    : mirror_(mirror),
      bookkeeping_(mirror),
      store_(mirror),
      state_(state),
      is_new_(is_new),
      display_(display),
      pipe_(mirror),
      packets_([this](const std::string& sql) { pipe_.send(sql); }) {
  set_session();
  count_copied();
  progress_.bytes_before = progress_.bytes;
}

void Copier::count_copied() {
  progress_.rows = progress_.bytes = 0;
  for (const TableCopy& one : state_.tables) {
    progress_.rows += one.rows;
    progress_.bytes += one.bytes;
  }
}

// Values go in as they are, whatever rules production has for new ones.
void Copier::set_session() {
  mirror_.execute("SET NAMES utf8mb4");
  mirror_.execute("SET sql_mode='NO_AUTO_VALUE_ON_ZERO', time_zone='+00:00', foreign_key_checks=0");
  // What is unique in production is so here, unless the mirror compares texts by another collation.
  const bool same = dialect_ && dialect_->source().mariadb == dialect_->mirror().mariadb;
  mirror_.execute(std::string("SET unique_checks=") + (same ? "0" : "1"));
  if (mirror_.is_mariadb()) mirror_.execute("SET check_constraint_checks=0");
}

TableCopy& Copier::copy_of(const std::string& schema, const std::string& table) {
  const auto found = std::find_if(state_.tables.begin(), state_.tables.end(), [&](const TableCopy& one) {
    return one.schema == schema && one.table == table;
  });
  if (found != state_.tables.end()) return *found;
  throw Error(ExitCode::failed, "the source's snapshot has a table that it did not announce");
}

bool Copier::all_copied() const {
  return !is_new_ && std::all_of(state_.tables.begin(), state_.tables.end(), [](const TableCopy& one) {
    return one.step == CopyStep::done || one.step == CopyStep::refused;
  });
}

std::string Copier::next_place() {
  json place;
  for (TableCopy& one : state_.tables) {
    if (one.step == CopyStep::done || one.step == CopyStep::refused) {
      place = {{"schema", one.schema}, {"table", one.table}};
      continue;
    }
    if (one.step == CopyStep::copying && !one.last_key.empty() && one.bytes >= kBytesToCopyAgain)
      return json{{"schema", one.schema}, {"table", one.table}, {"key", json::parse(one.last_key)}}.dump();
    one.step = CopyStep::waiting;
    break;
  }
  return place.is_null() ? std::string() : place.dump();
}

void Copier::abandon() {
  copy_ = nullptr;
  pipe_.settle();
  mirror_.execute("ROLLBACK");
  const auto state = store_.load();
  if (state) state_ = *state;
  count_copied();
}

void Copier::on_start(const SnapshotHeader& header, const rows::Catalog& catalog) {
  const CopyMarker marker = marker_of(header);
  header_ = header;
  catalog_ = catalog;
  dialect_.emplace(dialect_facts(mirror_, header.source));
  if (is_new_) {
    for (const rows::Schema& schema : catalog.schemas) refuse_if_not_empty(mirror_, schema.name);
    bookkeeping_.create_schema();
    store_.create();
    store_.begin(header.source.id);
    state_.source_id = header.source.id;
    is_new_ = false;
  } else if (state_.source_id != header.source.id) {
    throw Error(
        ExitCode::needs_eyes,
        "the copy was begun from source " + state_.source_id + ", and this one is " + header.source.id,
        "check source.url; or drop the schemas and dw_meta on the mirror, and begin anew");
  }
  store_.add(marker);
  state_.markers.push_back(marker);
  ProgramMaker maker(mirror_, *dialect_, header_->source);
  for (const rows::Schema& schema : catalog.schemas) make_database(mirror_, maker, schema);
  take_tables(catalog);
  for (Refused& one : maker.make_sequences(catalog.programs)) refuse(std::move(one));
  set_session();
  progress_.expected_bytes = 0;
  for (const rows::Table& table : catalog.tables) progress_.expected_bytes += table.bytes;
}

// Tables that production made since the copy began come through the log.
void Copier::take_tables(const rows::Catalog& catalog) {
  const bool first = state_.tables.empty();
  const auto is_there = [&](const TableCopy& one) {
    return std::any_of(catalog.tables.begin(), catalog.tables.end(), [&](const rows::Table& table) {
      return table.schema == one.schema && table.name == one.table;
    });
  };
  for (TableCopy& one : state_.tables) {
    if (is_there(one) || one.step == CopyStep::done) continue;
    one.step = CopyStep::done;  // and so does its DROP
    store_.save(one);
  }
  if (!first) return;
  for (const rows::Table& table : catalog.tables) {
    TableCopy& one = state_.tables.emplace_back();
    one.schema = table.schema;
    one.table = table.name;
    store_.add(one);
  }
}

void Copier::create_table(const rows::Table& table) {
  mirror_.execute("DROP TABLE IF EXISTS " + sql_name(table.schema, table.name));
  make_table(mirror_, ProgramMaker(mirror_, *dialect_, header_->source), table);
}

void Copier::on_table(const rows::Table& table) {
  copy_ = &copy_of(table.schema, table.name);
  skipping_ = false;
  const bool goes_on = copy_->step == CopyStep::copying;
  if (goes_on) {
    suspect(table.schema, table.name, "copied in two parts, from two instants");
  } else {
    progress_.rows -= std::min(progress_.rows, copy_->rows);
    progress_.bytes -= std::min(progress_.bytes, copy_->bytes);
    copy_->rows = copy_->bytes = 0;
    copy_->last_key.clear();
    copy_->marker = header_->nonce;
    try {
      create_table(table);
    } catch (const mysql::SqlError& error) {
      if (error.connection_is_gone()) throw;
      refuse({table.schema, "table " + table.name, table.create, error.code(), error.what()});
      skipping_ = true;
    }
    copy_->step = skipping_ ? CopyStep::refused : CopyStep::copying;
    if (!table.transactional && !skipping_)
      suspect(table.schema, table.name, "copied without a snapshot: its engine has none");
  }
  progress_.table = table.schema + "." + table.name;
  key_columns_.clear();
  key_places_.clear();
  const std::vector<rows::Column> columns = table.stored_columns();
  for (const std::string& name : table.key) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].name != name) continue;
      key_columns_.push_back(columns[i]);
      key_places_.push_back(i);
    }
  }
  last_key_.assign(key_places_.size(), std::nullopt);
  packets_.begin(table);
  mirror_.execute("START TRANSACTION");
  store_.save(*copy_);
}

void Copier::on_row(std::span<const rows::Value> values) {
  if (skipping_) return;
  packets_.add(values);
  ++copy_->rows;
  ++progress_.rows;
  for (const rows::Value& value : values) {
    const std::size_t bytes = value ? value->size() : 0;
    copy_->bytes += bytes;
    progress_.bytes += bytes;
  }
  for (std::size_t i = 0; i < key_places_.size(); ++i) {
    const rows::Value& value = values[key_places_[i]];
    last_key_[i] = value ? std::optional<std::string>(*value) : std::nullopt;
  }
}

void Copier::save_chunk() {
  packets_.flush();
  pipe_.settle();
  if (!key_columns_.empty() && last_key_.front()) {
    const std::vector<rows::Value> values(last_key_.begin(), last_key_.end());
    copy_->last_key.clear();
    rows::append_row(copy_->last_key, key_columns_, values);
  }
  store_.save(*copy_);
  mirror_.execute("COMMIT");
  progress_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  display_.update(progress_line(progress_));
}

void Copier::on_chunk() {
  if (copy_ == nullptr) return;
  save_chunk();
  mirror_.execute("START TRANSACTION");
}

void Copier::on_table_end(bool changed) {
  if (changed) {
    pipe_.settle();
    mirror_.execute("ROLLBACK");
    copy_->step = CopyStep::waiting;
    store_.save(*copy_);
    throw TableChanged();
  }
  if (!skipping_) copy_->step = CopyStep::done;
  save_chunk();
  copy_ = nullptr;
}

void Copier::refuse(Refused refused) {
  refused_.push_back(std::move(refused));
}

void Copier::suspect(const std::string& schema, const std::string& table, const std::string& reason) {
  SuspectEntry& entry = suspects_.emplace_back();
  entry.schema = schema;
  entry.table = table;
  entry.scope = table.empty() ? SuspectScope::all : SuspectScope::table;
  entry.reason = reason;
  entry.cursor = header_->cursor->text();
  entry.time = header_->cursor->time;
  // At once: the next run does not know of it.
  bookkeeping_.add(std::vector<SuspectEntry>{entry});
}

void Copier::finish(const Cursor& start) {
  ProgramMaker maker(mirror_, *dialect_, header_->source);
  for (Refused& one : maker.make_others(catalog_.programs)) refuse(std::move(one));
  set_session();
  mirror_.execute("START TRANSACTION");
  if (!state_.markers.front().oldest_transaction)
    suspect("", "", "without PROCESS it is not known what was under way when production was copied");
  bookkeeping_.add(0, failures_of(refused_, *header_->cursor));
  for (const TableCopy& one : state_.tables) {
    if (one.step == CopyStep::refused) suspect(one.schema, one.table, "the mirror refused its definition");
  }
  Checkpoint checkpoint;
  checkpoint.source_id = header_->source.id;
  checkpoint.cursor = start;
  checkpoint.signs.server = header_->source.server;
  bookkeeping_.save_checkpoint(checkpoint);
  store_.finish(header_->source.id);
  mirror_.execute("COMMIT");
}

}  // namespace dw::load
