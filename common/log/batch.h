// A batch: events of the log in its own order, and what is needed to read them. batch_format.md describes its
// JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/log/counters.h"
#include "common/log/cursor.h"
#include "common/log/event.h"

namespace dw {

inline constexpr int kBatchFormat = 1;

struct SourceInfo {
  std::string id;              // stable name of the server: its server_uuid, or what the config says
  std::string server_version;  // "10.11.19-MariaDB-…", "9.7.4"
  Micros started = 0;  // when the server started, to the second; may waver by a second between batches
  std::map<std::string, std::string>
      globals;  // variables that new sessions inherit, as the server prints them
  // Of the server that answered, whatever the config calls it: its server_uuid, or MariaDB's server_uid,
  // which changes with the machine's network address and the port (measured). "": not known.
  std::string server{};
  // How far InnoDB's log was durable (Innodb_lsn_flushed; Innodb_redo_log_flushed_to_disk_lsn from
  // MySQL 8.0.30 on): it never goes back, unless the data goes back to an earlier state. 0: not known.
  std::uint64_t durable = 0;
};

// The process list as it was when the log had reached `at`. A thread with events before `at` that is not
// listed had ended by then, Quit row or not.
struct LiveSessions {
  Position at;
  std::vector<std::uint64_t> threads;
  std::map<std::uint64_t, std::string> databases;  // the default database of those that have one
  // Threads that had a transaction of InnoDB, as of at most kTransactionsWaver before; none: not known.
  std::optional<std::vector<std::uint64_t>> in_transaction{};
};
// The list of transactions is made within this of the process list.
inline constexpr Micros kTransactionsWaver = 1'000'000;

// The log between `after` (what was asked for) and `resumes_at` is gone.
struct Gap {
  Cursor after;
  Cursor resumes_at;
};

struct BatchHeader {
  int format = kBatchFormat;
  SourceInfo source;
  Micros made = 0;              // by the source's clock
  std::optional<Cursor> after;  // what was asked for; none: from the oldest event, or from a time
  Cursor next;                  // ask for this next
  std::optional<Gap> gap;
  bool more = false;  // there were more events when the batch was made
  bool log_enabled = true;
  bool rotation_due = false;  // the current generation is past the configured limit, and may be rotated
  std::vector<std::string> databases;            // schemas that are mirrored; empty: all but the server's own
  std::map<std::string, std::uint64_t> dropped;  // events left out, by kind: read, own, rds, schema
  std::vector<std::string> generations;          // fingerprints, oldest first; events point into this list
  std::vector<CounterReading> counters;          // in the log's order
  Tally logged;                                  // all rows from `after` to `next`, dropped ones too
  std::optional<LiveSessions> live;
  std::uint64_t event_count = 0;
};

struct Batch {
  BatchHeader header;
  std::vector<Event> events;
  std::string sha256;

  // The place before event `i`; behind the last one: `header.next`.
  [[nodiscard]] Cursor cursor_before(std::size_t i) const;
};

// Puts `next`, which must follow `batch` without a gap, behind it: one batch with the events of both. It
// keeps the digest of `next`, whose end it has.
void append_batch(Batch& batch, Batch&& next);

// Writes a batch. Events are added one at a time, in order, and kept as JSON text.
class BatchEncoder {
 public:
  void add(const Event& event);
  [[nodiscard]] std::size_t bytes() const { return lines_.size(); }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // The whole document. Sets `event_count`; `sha256` comes last in the text.
  std::string finish(BatchHeader header) &&;

 private:
  std::string lines_;
  std::uint64_t count_ = 0;
  std::map<std::uint64_t, std::string> users_;  // the last user_host written, by thread
};

enum class DigestRule {
  required,
  optional_if_absent,  // hand-made batches
};

// Throws Error(failed) when the text is not JSON, not a batch, of a later format, cut off or altered: nothing
// of it is to be used then. Fills in every event's user_host.
Batch decode_batch(std::string_view text, DigestRule rule = DigestRule::required);

// The line that the digest covers for an event: its JSON with sorted keys and no white space.
void append_event_line(std::string& out, const Event& event, bool with_user);
std::string header_line(const BatchHeader& header);

bool is_utf8(std::string_view bytes);

}  // namespace dw
