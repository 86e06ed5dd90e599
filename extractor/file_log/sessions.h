// What the rows read so far tell of the sessions: who they are, whether they live, and how they may read a
// backslash inside quotes.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace dw::extract {

// The ways in which an sql_mode reads a backslash inside quotes; a set of them. Nothing else in an sql_mode
// moves a statement's end.
using QuoteModes = std::uint8_t;
inline constexpr QuoteModes kPlain = 1;        // an escape in '…' and "…"
inline constexpr QuoteModes kAnsiQuotes = 2;   // an escape in '…' only
inline constexpr QuoteModes kNoBackslash = 4;  // an ordinary byte: NO_BACKSLASH_ESCAPES
inline constexpr QuoteModes kAnyMode = 7;

QuoteModes quote_modes_of(std::string_view sql_mode);

// The modes that a session can be in behind a statement that was logged, whether it then failed or not.
// `before`: those before it; `global`: what DEFAULT means.
QuoteModes modes_after(std::string_view statement, QuoteModes before, QuoteModes global);

enum class SessionState : std::uint8_t {
  alive,
  older,    // it may have been there before the log begins
  unknown,  // it began behind the log's beginning, without a Connect row, or has ended
};

struct Session {
  std::string user_host;
  QuoteModes modes = kAnyMode;
};

class Sessions {
 public:
  explicit Sessions(QuoteModes global) : global_(global) {}

  [[nodiscard]] SessionState state(std::uint64_t id) const;
  [[nodiscard]] QuoteModes modes(std::uint64_t id) const;
  [[nodiscard]] const std::string& user_host(std::uint64_t id) const;
  // Whether a Connect row of `id` is none that a server would write: the session is there already.
  [[nodiscard]] bool cannot_connect(std::uint64_t id) const;

  // The server opened the file: it may have been started anew, and count from the first id again.
  void server_lines() { may_have_restarted_ = true; }
  void connect(std::uint64_t id, std::string_view text);
  void change_user(std::uint64_t id, std::string_view text);
  void reset(std::uint64_t id);
  void quit(std::uint64_t id) { alive_.erase(id); }
  void statement(std::uint64_t id, std::string_view text);

 private:
  friend struct LogStateText;
  [[nodiscard]] bool shows_restart(std::uint64_t id) const;

  QuoteModes global_;
  std::map<std::uint64_t, Session> alive_;
  std::map<std::uint64_t, QuoteModes> older_;  // modes of sessions without a Connect row, where they changed
  std::deque<std::uint64_t> recent_;           // ids that connected lately
  std::uint64_t first_ = 0;                    // lowest id that connected; 0: none did
  std::uint64_t last_ = 0;                     // highest
  bool may_have_restarted_ = false;
};

// "user[user] @ host [ip]", as the log table has it, of a Connect row's "user@host on db using TCP/IP"; empty
// when it is no such text.
std::string user_host_of_connect(std::string_view text);

}  // namespace dw::extract
