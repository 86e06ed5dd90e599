#include "extractor/file_log/log_note.h"

#include <nlohmann/json.hpp>

#include "common/util/digest.h"

namespace dw::extract {

using nlohmann::json;

namespace {

constexpr int kNoteFormat = 1;

}  // namespace

// Sessions as JSON. Names can be any bytes.
struct LogStateText {
  static json write(const Sessions& sessions) {
    json alive = json::array();
    for (const auto& [id, session] : sessions.alive_)
      alive.push_back({id, base64_encode(session.user_host), session.modes});
    json older = json::array();
    for (const auto& [id, modes] : sessions.older_) older.push_back({id, modes});
    return {{"alive", alive},
            {"older", older},
            {"recent", sessions.recent_},
            {"first", sessions.first_},
            {"last", sessions.last_},
            {"global", sessions.global_},
            {"may_have_restarted", sessions.may_have_restarted_}};
  }

  static Sessions read(const json& text) {
    Sessions sessions(text.at("global").get<QuoteModes>());
    for (const json& item : text.at("alive")) {
      sessions.alive_[item.at(0).get<std::uint64_t>()] = {
          base64_decode(item.at(1).get<std::string>()).value_or(""), item.at(2).get<QuoteModes>()};
    }
    for (const json& item : text.at("older"))
      sessions.older_[item.at(0).get<std::uint64_t>()] = item.at(1).get<QuoteModes>();
    sessions.recent_ = text.at("recent").get<std::deque<std::uint64_t>>();
    sessions.first_ = text.at("first").get<std::uint64_t>();
    sessions.last_ = text.at("last").get<std::uint64_t>();
    sessions.may_have_restarted_ = text.at("may_have_restarted").get<bool>();
    return sessions;
  }
};

std::string log_note_text(const LogNote& note, QuoteModes global) {
  const json out{{"format", kNoteFormat},
                 {"configured_modes", global},
                 {"fingerprint", note.fingerprint},
                 {"offset", note.offset},
                 {"time", note.state.time},
                 {"dated", note.state.dated},
                 {"version", base64_encode(note.state.version)},
                 {"sessions", LogStateText::write(note.state.sessions)}};
  return out.dump() + "\n";
}

std::optional<LogNote> read_log_note(std::string_view text, QuoteModes global) {
  try {
    const json in = json::parse(text);
    if (in.at("format") != kNoteFormat || in.at("configured_modes") != global) return std::nullopt;
    LogNote note{in.at("fingerprint").get<std::string>(), in.at("offset").get<std::uint64_t>(),
                 LogState(global)};
    note.state.sessions = LogStateText::read(in.at("sessions"));
    note.state.time = in.at("time").get<Micros>();
    note.state.dated = in.at("dated").get<Micros>();
    note.state.version = base64_decode(in.at("version").get<std::string>()).value_or("");
    return note;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace dw::extract
