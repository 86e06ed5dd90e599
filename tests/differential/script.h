// A workload as a list of steps, and its text form, one step a line, which can be run again.
//
//   # comment
//   1: INSERT INTO t VALUES (1)          a statement of session 1, which connects at its first step
//   1 %: INSERT INTO t VALUES ('a%0Ab')  the same, with bytes as %HH where the line cannot hold them
//   1 prepared: ["INSERT INTO t VALUES (?)", "7", null]      the binary protocol; bytes as %HH
//   1 connect latin1 app                 a new connection: character set, database (- for none)
//   1 use app2 | 1 reset | 1 change_user | 1 quit
//   1 drop                               the socket is closed without a word
//   1 kill 2                             session 1 kills the connection of session 2
//   sync [BYTES] [kill MILLISECONDS]     dw-load sync, with max_batch_bytes, killed after a time
//   wait MILLISECONDS
//   parallel                             from here on each session runs by itself, all at once
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dw::workload {

enum class Action {
  statement,
  prepared,
  connect,
  use,
  reset,
  change_user,
  quit,
  drop,
  kill,
  sync,
  wait,
  parallel
};

struct Step {
  int session = 0;  // none for sync, wait and parallel
  Action action = Action::statement;
  std::string text{};                                    // statement; use: database; connect: character set
  std::vector<std::optional<std::string>> parameters{};  // prepared; connect: the database
  int number = 0;      // kill: session; sync: bytes (0: default); wait: milliseconds
  int kill_after = 0;  // sync: milliseconds, 0: not
  bool operator==(const Step&) const = default;
};

using Script = std::vector<Step>;

std::string to_line(const Step& step);
std::string to_text(const Script& script);

// Throws std::runtime_error that names the line.
Script parse_script(std::string_view text);

}  // namespace dw::workload
