#include "loader/plan/absent_schemas.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <utility>

namespace dw::load {
namespace {

// A USE that was logged so long before the list was made has ended.
constexpr Micros kSettled = 1'000'000;

// To classify every text would cost more than to read the log.
bool may_be_use(std::string_view text) {
  const auto first = std::find_if(text.begin(), text.end(), [](unsigned char c) { return !std::isspace(c); });
  return first != text.end() &&
         (*first == 'u' || *first == 'U' || *first == '/' || *first == '-' || *first == '#');
}

// The schema that a row of the log turns its session to, where that is all it does.
std::optional<std::string> turned_to(const Event& event) {
  if (event.command == Command::init_db) return event.text;
  if (event.command != Command::query || !may_be_use(event.text)) return std::nullopt;
  sql::Statement statement = sql::classify(event.text);
  if (statement.verb != sql::Verb::use) return std::nullopt;
  return std::move(statement.name);
}

bool begins_session(Command command) {
  return command == Command::connect || command == Command::change_user || command == Command::quit;
}

}  // namespace

std::set<std::string> schemas_turned_to(const Batch& batch) {
  std::set<std::string> out;
  for (const Event& event : batch.events) {
    if (auto schema = turned_to(event)) out.insert(std::move(*schema));
  }
  return out;
}

AbsentSchemas::AbsentSchemas(const Batch& batch, const std::set<std::string>& absent, bool lower)
    : lower_(lower) {
  for (const std::string& name : absent) absent_.insert(folded(name));
  compare_with_list(batch);
}

// A session's last turn before the list was made did not come about when the list has another database. Not
// where the batch ends before the list's place, nor for one that may have been under way just then.
void AbsentSchemas::compare_with_list(const Batch& batch) {
  if (!batch.header.live || batch.header.more) return;
  const LiveSessions& live = *batch.header.live;
  std::map<std::uint64_t, std::pair<std::uint32_t, std::string>> last;
  for (std::uint32_t i = 0; i < batch.events.size(); ++i) {
    const Event& event = batch.events[i];
    if (Position{event.generation, event.index} >= live.at) break;
    if (begins_session(event.command)) last.erase(event.thread_id);
    if (auto schema = turned_to(event)) last[event.thread_id] = {i, std::move(*schema)};
  }
  for (const auto& [thread, turn] : last) {
    const auto found = live.databases.find(thread);
    const bool settled = batch.events[turn.first].time + kSettled < batch.header.made;
    if (settled && found != live.databases.end() && folded(found->second) != folded(turn.second))
      refused_.insert(turn.first);
  }
}

void AbsentSchemas::follow(const sql::Statement& statement) {
  for (const sql::TableName& name : statement.writes) {
    if (statement.verb == sql::Verb::create_database) absent_.erase(folded(name.schema));
    if (statement.verb == sql::Verb::drop_database) absent_.insert(folded(name.schema));
  }
}

bool AbsentSchemas::refuses(std::uint32_t index, const std::string& schema) const {
  return absent_.contains(folded(schema)) || refused_.contains(index);
}

std::string AbsentSchemas::folded(std::string name) const {
  if (lower_)
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

}  // namespace dw::load
