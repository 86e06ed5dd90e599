// Where the general query log is read from: log tables, or files.
//
// A generation is one log table or file between two rotations. It is known by its fingerprint, wherever a
// rotation moves it. Rotations happen between any two calls, by our hand or another's; every call says what
// it found.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/util/clock.h"

namespace dw::extract {

// One row as it stands in the log. The views live until the visitor returns.
struct LogRow {
  std::uint64_t index = 0;       // its place
  std::uint64_t next_index = 0;  // the place behind it
  Micros time = 0;
  std::string_view user_host;
  std::uint64_t thread_id = 0;
  std::string_view command_type;
  std::string_view text;
  bool truncated = false;  // the log could not hold all of the text
  Micros time_before = 0;  // of the row in front of it; 0: not known
};

struct Generation {
  std::string fingerprint;
  Micros first_time = 0;
  bool current = false;     // the server was writing to it when it was looked up
  bool cut_before = false;  // what stood in front of its first row was cut off: something may be lost there
};

struct GenerationSize {
  std::uint64_t end = 0;  // the place behind its last row
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // of text
  Micros last_time = 0;
};

enum class ReadEnd : std::uint8_t {
  limit,     // as many rows as asked for; there may be more
  log_end,   // no more rows were seen. Of a log that is being written, or was just renamed, this proves
             // nothing
  stopped,   // the visitor asked to stop
  past_end,  // the place asked for lies behind the last row that was seen
  moved,     // the generation is not where it was looked up: a rotation came between
  doubt,     // what follows may be a row or text; doubt() tells
};

// Returns false to stop.
using RowVisitor = std::function<bool(const LogRow&)>;

class LogSource {
 public:
  LogSource() = default;
  LogSource(const LogSource&) = delete;
  LogSource& operator=(const LogSource&) = delete;
  virtual ~LogSource() = default;

  // Those that hold rows, oldest first, as of one instant.
  virtual std::vector<Generation> generations() = 0;

  // Hands at most `limit` rows from the place `index` on to the visitor, in the log's order. Nothing that
  // takes long may happen in the visitor: a rotation waits for the read, and the server's logging waits for
  // the rotation.
  virtual ReadEnd read(const Generation& generation, std::uint64_t index, std::uint64_t limit,
                       const RowVisitor& visitor) = 0;

  // Counts the whole generation; nullopt when it moved. Of one that is not written any more, this is its true
  // size.
  virtual std::optional<GenerationSize> measure(const Generation& generation) = 0;

  // Where a generation lies, for people: "mysql.general_log".
  [[nodiscard]] virtual std::string place_of(const Generation& generation) const = 0;

  // Behind ReadEnd::doubt: where and why, one line.
  [[nodiscard]] virtual std::string doubt() const { return {}; }
};

}  // namespace dw::extract
