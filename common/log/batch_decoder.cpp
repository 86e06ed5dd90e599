#include <cstdlib>
#include <set>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "common/log/batch.h"
#include "common/util/digest.h"
#include "common/util/error.h"

namespace dw {
namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::string& why,
                         const std::string& hint = "fetch it again; nothing of it was used") {
  throw Error(ExitCode::failed, "the batch is " + why, hint);
}

// An event as it stands in the JSON, before it is checked.
struct RawEvent {
  Event event;
  bool has_user = false;
  bool has_text = false;
  bool has_command = false;
  bool has_time = false;
  unsigned seen = 0;
};

// Builds a json value for everything but the events, and Event values for those: a batch has a hundred
// thousand of them, and a tree of json values for each would cost more than running it.
class Handler : public nlohmann::json_sax<json> {
 public:
  json header = json::object();
  std::vector<RawEvent> events;
  std::string problem;

  bool null() override { return value(nullptr); }
  bool boolean(bool flag) override {
    if (!in_event()) return value(flag);
    if (key_ != "truncated") return fail("an event's \"" + key_ + "\" has a value of the wrong type");
    events.back().event.truncated = flag;
    return true;
  }
  bool number_integer(number_integer_t number) override {
    return in_event() ? fail("an event has a negative number") : value(number);
  }
  bool number_unsigned(number_unsigned_t number) override {
    if (!in_event()) return value(number);
    Event& event = events.back().event;
    if (key_ == "thread") {
      event.thread_id = number;
    } else if (key_ == "index") {
      event.index = number;
    } else if (key_ == "generation" && number < (1U << 31)) {
      event.generation = static_cast<std::uint32_t>(number);
    } else {
      return fail("an event's \"" + key_ + "\" is no number it can have");
    }
    return true;
  }
  bool number_float(number_float_t, const string_t&) override {
    return fail("it holds a number with a fraction, or one that is too large");
  }
  bool string(string_t& text) override { return in_event() ? event_string(text) : value(text); }
  bool binary(binary_t&) override { return fail("it holds binary values"); }

  bool start_object(std::size_t) override {
    if (in_events_ && stack_.empty()) {
      if (event_open_) return fail("an event holds an object");
      events.emplace_back();
      event_open_ = true;
      return true;
    }
    return open(json::object());
  }
  bool key(string_t& name) override {
    key_ = name;
    if (in_event()) return true;
    if (stack_.size() == 1 && !top_keys_.insert(name).second)
      return fail("the key \"" + name + "\" is there twice");
    keys_.push_back(name);
    return true;
  }
  bool end_object() override {
    if (in_event()) {
      event_open_ = false;
      return true;
    }
    return close();
  }
  bool start_array(std::size_t) override {
    if (in_event()) return fail("an event holds a list");
    if (in_events_) return fail("\"events\" holds a list");
    if (stack_.size() == 1 && key_ == "events") {
      keys_.pop_back();
      saved_.swap(stack_);
      in_events_ = true;
      return true;
    }
    return open(json::array());
  }
  bool end_array() override {
    if (in_events_) {
      in_events_ = false;
      saved_.swap(stack_);
      return true;
    }
    return close();
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    if (problem.empty()) problem = "not valid JSON from byte " + std::to_string(position) + " on";
    return false;
  }

 private:
  [[nodiscard]] bool in_event() const { return event_open_; }

  bool fail(const std::string& why) {
    problem = "not a batch: " + why;
    return false;
  }

  bool event_string(string_t& text) {
    RawEvent& raw = events.back();
    if (key_ == "sql") {
      raw.event.text = std::move(text);
      raw.has_text = true;
    } else if (key_ == "sql_base64") {
      auto bytes = base64_decode(text);
      if (!bytes) return fail("an event's \"sql_base64\" is not base64");
      raw.event.text = std::move(*bytes);
      raw.has_text = true;
    } else if (key_ == "command") {
      raw.event.command = command_from(text);
      raw.has_command = true;
    } else if (key_ == "time") {
      const auto time = parse_time(text);
      if (!time) return fail("an event's time \"" + text + "\" cannot be read");
      raw.event.time = *time;
      raw.has_time = true;
    } else if (key_ == "user") {
      raw.event.user_host = std::move(text);
      raw.has_user = true;
    } else {
      return fail("an event has the unknown key \"" + key_ + "\"");
    }
    return true;
  }

  bool open(json container) {
    if (stack_.size() > 8) return fail("it is nested too deeply");
    stack_.push_back(std::move(container));
    return true;
  }

  bool close() {
    json done = std::move(stack_.back());
    stack_.pop_back();
    if (stack_.empty()) {
      if (!done.is_object()) return fail("it is no JSON object");
      header = std::move(done);
      return true;
    }
    return value(std::move(done));
  }

  bool value(json item) {
    if (event_open_) return fail("an event's \"" + key_ + "\" has a value of the wrong type");
    if (in_events_) return fail("\"events\" holds something else than events");
    if (stack_.empty()) return fail("it is no JSON object");
    json& top = stack_.back();
    if (top.is_array()) {
      top.push_back(std::move(item));
    } else {
      top[keys_.back()] = std::move(item);
      keys_.pop_back();
    }
    return true;
  }

  std::vector<json> stack_;
  std::vector<json> saved_;
  std::vector<std::string> keys_;
  std::set<std::string> top_keys_;
  std::string key_;
  bool in_events_ = false;
  bool event_open_ = false;
};

Cursor read_cursor(const json& value, const char* what) {
  const auto cursor = value.is_string() ? Cursor::parse(value.get<std::string>()) : std::nullopt;
  if (!cursor) refuse(std::string("not a batch: \"") + what + "\" is no cursor");
  return *cursor;
}

Micros read_time(const json& value, const char* what) {
  const auto time = value.is_string() ? parse_time(value.get<std::string>()) : std::nullopt;
  if (!time) refuse(std::string("not a batch: \"") + what + "\" is no time");
  return *time;
}

SourceInfo read_source(const json& in) {
  SourceInfo source;
  source.id = in.at("id").get<std::string>();
  source.server_version = in.value("server_version", "");
  if (in.contains("started")) source.started = read_time(in["started"], "source.started");
  source.globals = in.value("globals", source.globals);
  source.server = in.value("server", "");
  source.durable = in.value("durable", source.durable);
  return source;
}

Position read_position(const json& in) {
  return {in.at("generation").get<std::uint32_t>(), in.at("index").get<std::uint64_t>()};
}

Tally read_tally(const json& in) {
  return {in.at("changes").get<std::uint64_t>(), in.at("calls").get<std::uint64_t>(),
          in.at("unclear").get<std::uint64_t>()};
}

CounterReading read_counters(const json& in) {
  return {read_position(in.at("at")),
          read_time(in.at("time"), "counters.time"),
          read_time(in.at("started"), "counters.started"),
          in.at("values").get<ServerCounters>(),
          read_tally(in.at("before")),
          read_tally(in.at("through"))};
}

LiveSessions read_live(const json& in) {
  LiveSessions live{read_position(in.at("at")), in.at("threads").get<std::vector<std::uint64_t>>(), {}};
  const json databases = in.value("databases", json::object());
  for (const auto& [thread, database] : databases.items()) {
    live.databases[std::strtoull(thread.c_str(), nullptr, 10)] = database.get<std::string>();
  }
  if (in.contains("in_transaction"))
    live.in_transaction = in["in_transaction"].get<std::vector<std::uint64_t>>();
  return live;
}

BatchHeader read_header(const json& in) {
  const json format = in.value("format", json());
  if (!format.is_number_integer()) refuse("not a batch: it has no \"format\"");
  if (format.get<std::int64_t>() > kBatchFormat) {
    refuse("of format " + format.dump() + ", and this program reads up to " + std::to_string(kBatchFormat),
           "install a newer dw-load");
  }
  BatchHeader header;
  header.format = format.get<int>();
  header.next = read_cursor(in.at("next"), "next");
  header.generations = in.at("generations").get<std::vector<std::string>>();
  header.event_count = in.at("event_count").get<std::uint64_t>();
  header.source = read_source(in.at("source"));
  // What a hand-made batch may leave out.
  if (in.contains("made")) header.made = read_time(in["made"], "made");
  if (const json after = in.value("after", json()); !after.is_null())
    header.after = read_cursor(after, "after");
  if (const json gap = in.value("gap", json()); !gap.is_null()) {
    header.gap =
        Gap{read_cursor(gap.at("after"), "gap.after"), read_cursor(gap.at("resumes_at"), "gap.resumes_at")};
  }
  header.more = in.value("more", false);
  header.log_enabled = in.value("log_enabled", true);
  header.rotation_due = in.value("rotation_due", false);
  header.databases = in.value("databases", header.databases);
  header.dropped = in.value("dropped", header.dropped);
  if (const json live = in.value("live", json()); !live.is_null()) {
    header.live = read_live(live);
  }
  for (const json& reading : in.value("counters", json::array()))
    header.counters.push_back(read_counters(reading));
  for (const CounterReading& reading : header.counters) {
    if (reading.at.generation >= header.generations.size())
      refuse("not a batch: a reading of counters is of a generation that is not listed");
  }
  if (in.contains("logged")) header.logged = read_tally(in["logged"]);
  return header;
}

void check_event(const RawEvent& raw, const Event* before, std::size_t generations) {
  if (!raw.has_text || !raw.has_command || !raw.has_time) {
    refuse("not a batch: an event lacks its command, its time or its text");
  }
  const Event& event = raw.event;
  if (event.generation >= generations) refuse("not a batch: an event is of a generation that is not listed");
  const bool ascends = before == nullptr ||
                       Position{before->generation, before->index} < Position{event.generation, event.index};
  if (!ascends) refuse("not a batch: its events are not in the log's order");
}

// Fills `batch.events` and gives the digest of what was decoded.
std::string take_events(Batch& batch, std::vector<RawEvent>& raw_events, const std::string& first_line) {
  Sha256 sha;
  sha.add(first_line);
  sha.add("\n");
  std::unordered_map<std::uint64_t, std::string> users;
  std::string line;
  batch.events.reserve(raw_events.size());
  for (RawEvent& raw : raw_events) {
    check_event(raw, batch.events.empty() ? nullptr : &batch.events.back(), batch.header.generations.size());
    line.clear();
    append_event_line(line, raw.event, raw.has_user);
    line += '\n';
    sha.add(line);
    std::string& user = users[raw.event.thread_id];
    if (raw.has_user) {
      user = raw.event.user_host;
    } else {
      raw.event.user_host = user;
    }
    batch.events.push_back(std::move(raw.event));
  }
  return sha.hex();
}

}  // namespace

Batch decode_batch(std::string_view text, DigestRule rule) {
  Handler handler;
  if (!json::sax_parse(text, &handler) || !handler.problem.empty()) {
    refuse(handler.problem.empty() ? "not valid JSON" : handler.problem);
  }
  Batch batch;
  json sha = handler.header.value("sha256", json());
  handler.header.erase("sha256");
  try {
    batch.header = read_header(handler.header);
  } catch (const json::exception& error) {
    refuse(std::string("not a batch: ") + error.what());
  }
  if (batch.header.event_count != handler.events.size()) {
    refuse("cut off: it promises " + std::to_string(batch.header.event_count) + " events and holds " +
           std::to_string(handler.events.size()));
  }
  const std::string first_line = handler.header.dump(-1, ' ', false, json::error_handler_t::replace);
  batch.sha256 = take_events(batch, handler.events, first_line);
  if (sha.is_null() && rule == DigestRule::optional_if_absent) return batch;
  if (!sha.is_string()) refuse("without its \"sha256\"");
  if (sha.get<std::string>() != batch.sha256)
    refuse("altered or cut off: its SHA-256 does not match its events");
  return batch;
}

bool is_utf8(std::string_view bytes) {
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = p + bytes.size();
  const auto continues = [](unsigned char byte) { return (byte & 0xC0U) == 0x80U; };
  while (p < end) {
    if (*p < 0x80) {
      ++p;
      continue;
    }
    const auto left = end - p;
    if (*p >= 0xC2 && *p <= 0xDF && left > 1 && continues(p[1])) {
      p += 2;
    } else if ((*p & 0xF0U) == 0xE0U && left > 2 && continues(p[1]) && continues(p[2]) &&
               !(*p == 0xE0 && p[1] < 0xA0) && !(*p == 0xED && p[1] > 0x9F)) {
      p += 3;
    } else if (*p >= 0xF0 && *p <= 0xF4 && left > 3 && continues(p[1]) && continues(p[2]) &&
               continues(p[3]) && !(*p == 0xF0 && p[1] < 0x90) && !(*p == 0xF4 && p[1] > 0x8F)) {
      p += 4;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace dw
