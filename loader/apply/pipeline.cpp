#include "loader/apply/pipeline.h"

#include <algorithm>

#include "common/util/error.h"

namespace dw::load {
namespace {

constexpr std::size_t kStatements = 256;
constexpr std::size_t kGroup = 8;  // a statement and what leads to it
constexpr std::size_t kLargestPacket = std::size_t{256} * 1024;

std::size_t packet_limit(mysql::Connection& connection) {
  const auto allowed = connection.value("SELECT @@max_allowed_packet");
  return std::min(kLargestPacket, static_cast<std::size_t>(std::stoull(allowed.value_or("1048576"))) / 2);
}

// A CALL gives a result for every SELECT in it; its end is the last one.
mysql::StatementResult folded(const std::vector<mysql::StatementResult>& results) {
  mysql::StatementResult out = results.back();
  for (const auto& one : results) {
    if (one.error != 0) return one;
  }
  return out;
}

}  // namespace

Pipeline::Pipeline(mysql::Connection& connection, ContextSwitch& context, OnResult on_result)
    : connection_(connection),
      context_(context),
      on_result_(std::move(on_result)),
      packet_limit_(packet_limit(connection)) {}

void Pipeline::add(const PipelineItem& item) {
  const bool alone = !item.may_share_packet || item.text.size() > packet_limit_;
  make_room(alone ? 0 : item.text.size());
  if (is_not_reached(item.packet)) return tell_not_reached(item.unit);
  Entry statement;
  statement.unit = item.unit;
  statement.packet = item.packet;
  statement.text = item.text;
  statement.context = item.context;
  std::vector<Entry> group = leads_to(statement);
  if (alone) {
    append(std::move(group));
    return add_alone(std::move(statement));
  }
  group.push_back(std::move(statement));
  append(std::move(group));
}

// The statement goes in a packet of its own, behind what was added before. Where its leads fail meanwhile, it
// is dropped. Where those of an earlier statement fail, the connection is led
// elsewhere, and the statement needs its own again.
void Pipeline::add_alone(Entry statement) {
  dispatch();
  append(leads_to(statement));
  dispatch();
  if (is_not_reached(statement.packet)) return tell_not_reached(statement.unit);
  filling_.push_back(std::move(statement));
  filling_alone_ = true;
  dispatch();
}

std::vector<Pipeline::Entry> Pipeline::leads_to(const Entry& statement) const {
  std::vector<Entry> entries;
  if (!statement.context) return entries;
  for (std::string& lead : context_.lead_to(*statement.context)) {
    Entry& entry = entries.emplace_back();
    entry.role = Role::lead;
    entry.unit = statement.unit;
    entry.packet = statement.packet;
    entry.owned = std::move(lead);
  }
  return entries;
}

// Before a group's leads are found: what fails meanwhile may lead the connection elsewhere.
void Pipeline::make_room(std::size_t bytes) {
  if (filling_.size() + kGroup > kStatements || filling_bytes_ + bytes > packet_limit_) dispatch();
}

// A group stays together.
void Pipeline::append(std::vector<Entry> group) {
  for (const Entry& entry : group) filling_bytes_ += entry.sql().size() + 1;
  std::move(group.begin(), group.end(), std::back_inserter(filling_));
}

void Pipeline::flush() {
  dispatch();
  await();
}

void Pipeline::dispatch() {
  if (filling_.empty()) return;
  await();
  if (filling_.empty()) return;  // a failure before them made the pipeline send them already
  in_flight_ = std::move(filling_);
  in_flight_alone_ = filling_alone_;
  filling_ = {};
  filling_bytes_ = 0;
  filling_alone_ = false;
  start();
}

void Pipeline::start() {
  if (in_flight_alone_) {
    connection_.allow_multi_statements(false);
    connection_.send(in_flight_.front().sql());
    return;
  }
  connection_.allow_multi_statements(true);
  std::string packet;
  for (const Entry& entry : in_flight_) {
    if (!packet.empty()) packet += ';';
    packet += entry.sql();
  }
  connection_.send(packet);
}

void Pipeline::await() {
  while (!in_flight_.empty()) {
    std::vector<mysql::StatementResult> results = connection_.collect();
    if (in_flight_alone_) results = {folded(results)};
    const bool failed = results.back().error != 0;
    if (results.size() > in_flight_.size() || (!failed && results.size() < in_flight_.size())) {
      throw Error(ExitCode::failed,
                  "the mirror gave " + std::to_string(results.size()) + " results for " +
                      std::to_string(in_flight_.size()) + " statements",
                  "this is a fault in dw-load; nothing was committed");
    }
    for (std::size_t i = 0; i < results.size(); ++i) tell(in_flight_[i], results[i]);
    if (failed) {
      continue_behind(results.size() - 1);
    } else {
      in_flight_.clear();
    }
    if (!in_flight_.empty()) start();
  }
}

void Pipeline::tell(const Entry& entry, const mysql::StatementResult& result) {
  const bool told = entry.role == Role::statement || (entry.role == Role::lead && result.error != 0);
  if (told) on_result_(entry.unit, result);
  if (told && result.error != 0) failed_packet_ = entry.packet;
}

void Pipeline::tell_not_reached(std::size_t unit) const {
  mysql::StatementResult result;
  result.error = kNotReached;
  on_result_(unit, result);
}

// Leads stay: what they set is taken to be set.
void Pipeline::drop_not_reached(std::vector<Entry>& entries, std::size_t failed_unit) const {
  const auto is_dropped = [&](const Entry& entry) {
    return is_not_reached(entry.packet) && entry.unit != failed_unit && entry.role != Role::lead;
  };
  for (const Entry& entry : entries) {
    if (is_dropped(entry) && entry.role == Role::statement) tell_not_reached(entry.unit);
  }
  std::erase_if(entries, is_dropped);
}

void Pipeline::continue_behind(std::size_t failed) {
  const std::size_t failed_unit = in_flight_[failed].unit;
  if (in_flight_[failed].role == Role::lead) {
    rebuild_without(in_flight_[failed].unit, failed + 1);
  } else {
    in_flight_.erase(in_flight_.begin(), in_flight_.begin() + static_cast<std::ptrdiff_t>(failed) + 1);
  }
  in_flight_alone_ = false;
  drop_not_reached(in_flight_, failed_unit);
  drop_not_reached(filling_, failed_unit);
  filling_alone_ = filling_alone_ && !filling_.empty();
}

// The connection could not be led to the context of `unit`: that statement is left out, and since nothing is
// known of the connection's context now, what was to follow gets all its leads anew.
void Pipeline::rebuild_without(std::size_t unit, std::size_t from) {
  std::vector<Entry> rest(std::make_move_iterator(in_flight_.begin() + static_cast<std::ptrdiff_t>(from)),
                          std::make_move_iterator(in_flight_.end()));
  if (!filling_alone_) {
    std::move(filling_.begin(), filling_.end(), std::back_inserter(rest));
    filling_.clear();
    filling_bytes_ = 0;
  }
  context_.forget();
  in_flight_.clear();
  const auto lead = [this](const Entry& statement) {
    std::vector<Entry> leads = leads_to(statement);
    std::move(leads.begin(), leads.end(), std::back_inserter(in_flight_));
  };
  for (Entry& entry : rest) {
    if (entry.unit == unit || entry.role == Role::lead) continue;
    if (entry.role == Role::statement) lead(entry);
    in_flight_.push_back(std::move(entry));
  }
  if (!filling_alone_) return;
  if (filling_.front().unit == unit) {
    filling_.clear();
    filling_alone_ = false;
  } else {
    lead(filling_.front());
  }
}

}  // namespace dw::load
