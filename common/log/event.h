// One row of the general query log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/util/clock.h"

namespace dw {

// `command_type` of the log (the server's command names; MySQL's and MariaDB's spelling is the same for
// these).
enum class Command : std::uint8_t {
  connect,
  quit,
  init_db,
  query,
  prepare,
  execute,
  close_statement,
  reset_statement,
  long_data,
  change_user,
  reset_connection,
  other,
};

// The row's text is a statement that was sent to be run.
constexpr bool is_statement(Command command) {
  return command == Command::query || command == Command::execute;
}

Command command_from(std::string_view command_type);
// The log's own spelling; "" for `other`.
std::string_view to_string(Command command);

struct Event {
  std::uint32_t generation = 0;  // index into the batch's list of generations
  std::uint64_t index = 0;       // its place in that generation, as in Cursor
  Micros time = 0;               // when the row was written: slightly after the statement's NOW() (facts.md)
  std::uint64_t thread_id = 0;
  Command command = Command::other;
  std::string
      user_host;     // "user[user] @ host [ip]"; may be empty in a batch: same as the thread's event before
  std::string text;  // `argument`, any bytes
  bool truncated = false;  // the log's column held no more of it: what it was is not known
};

}  // namespace dw
