#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "common/log/batch.h"
#include "common/util/digest.h"
#include "common/util/json_string.h"

namespace dw {
namespace {

using nlohmann::json;

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out.append(buffer.data(), end);
}

json position_json(const Position& position) {
  return {{"generation", position.generation}, {"index", position.index}};
}

json live_json(const LiveSessions& live) {
  json databases = json::object();
  for (const auto& [thread, database] : live.databases) databases[std::to_string(thread)] = database;
  json out{{"at", position_json(live.at)}, {"threads", live.threads}, {"databases", databases}};
  if (live.in_transaction) out["in_transaction"] = *live.in_transaction;
  return out;
}

json tally_json(const Tally& tally) {
  return {{"changes", tally.changes}, {"calls", tally.calls}, {"unclear", tally.unclear}};
}

json reading_json(const CounterReading& reading) {
  return {{"at", position_json(reading.at)},         {"time", format_time(reading.time)},
          {"started", format_time(reading.started)}, {"values", reading.values},
          {"before", tally_json(reading.before)},    {"through", tally_json(reading.through)}};
}

json header_json(const BatchHeader& header) {
  json out{
      {"format", header.format},
      {"made", format_time(header.made)},
      {"after", header.after ? json(header.after->text()) : json(nullptr)},
      {"next", header.next.text()},
      {"gap", nullptr},
      {"more", header.more},
      {"log_enabled", header.log_enabled},
      {"rotation_due", header.rotation_due},
      {"databases", header.databases},
      {"dropped", header.dropped},
      {"generations", header.generations},
      {"live", nullptr},
      {"counters", json::array()},
      {"logged", tally_json(header.logged)},
      {"event_count", header.event_count},
      {"source",
       {{"id", header.source.id},
        {"server_version", header.source.server_version},
        {"started", format_time(header.source.started)},
        {"globals", header.source.globals}}},
  };
  if (!header.source.server.empty()) out["source"]["server"] = header.source.server;
  if (header.source.durable != 0) out["source"]["durable"] = header.source.durable;
  for (const CounterReading& reading : header.counters) out["counters"].push_back(reading_json(reading));
  if (header.gap)
    out["gap"] = {{"after", header.gap->after.text()}, {"resumes_at", header.gap->resumes_at.text()}};
  if (header.live) out["live"] = live_json(*header.live);
  return out;
}

}  // namespace

// Keys in the order of their bytes, as nlohmann::json sorts them: the digest depends on it.
void append_event_line(std::string& out, const Event& event, bool with_user) {
  out += R"({"command":")";
  out += to_string(event.command);
  out += R"(","generation":)";
  append_number(out, event.generation);
  out += R"(,"index":)";
  append_number(out, event.index);
  if (is_utf8(event.text)) {
    out += R"(,"sql":)";
    append_json_string(out, event.text);
  } else {
    out += R"(,"sql_base64":")";
    out += base64_encode(event.text);
    out += '"';
  }
  out += R"(,"thread":)";
  append_number(out, event.thread_id);
  out += R"(,"time":")";
  append_time(out, event.time);
  out += '"';
  if (event.truncated) out += R"(,"truncated":true)";
  if (with_user) {
    out += R"(,"user":)";
    append_json_string(out, event.user_host);
  }
  out += '}';
}

// Server strings that are not UTF-8 (a globals value) are replaced, never thrown about.
std::string header_line(const BatchHeader& header) {
  return header_json(header).dump(-1, ' ', false, json::error_handler_t::replace);
}

void BatchEncoder::add(const Event& event) {
  std::string& user = users_[event.thread_id];
  const bool with_user = user != event.user_host && is_utf8(event.user_host);
  if (with_user) user = event.user_host;
  append_event_line(lines_, event, with_user);
  lines_ += '\n';
  ++count_;
}

std::string BatchEncoder::finish(BatchHeader header) && {
  header.event_count = count_;
  std::string out = header_line(header);
  Sha256 sha;
  sha.add(out);
  sha.add("\n");
  sha.add(lines_);
  out.pop_back();
  out.reserve(out.size() + lines_.size() + count_ + 128);
  out += ",\"events\":[\n";
  std::size_t begin = 0;
  while (begin < lines_.size()) {
    const std::size_t end = lines_.find('\n', begin);
    out.append(lines_, begin, end - begin);
    begin = end + 1;
    out += begin < lines_.size() ? ",\n" : "\n";
  }
  lines_ = {};
  out += "],\"sha256\":\"" + sha.hex() + "\"}\n";
  return out;
}

}  // namespace dw
