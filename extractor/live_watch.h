// Recognises in the log the two statements that dw-extract ran around a look at the process list.
//
// The list itself has no place in the log, the statements have. A session with events before the first that
// the list does not hold, and that wrote nothing between the two, had ended before the first: whatever it
// sent would stand before the second. Sessions that did write in between count as alive, and as being in a
// transaction.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "common/log/batch.h"
#include "extractor/log_source.h"

namespace dw::extract {

// `nonce`: unguessable, so that nobody else's statement passes for these.
std::string live_list_marker(const std::string& nonce);
std::string live_end_marker(const std::string& nonce);

// What the server tells of its sessions.
struct Processes {
  std::map<std::uint64_t, std::string> sessions;          // each with its default database or ""
  std::optional<std::set<std::uint64_t>> in_transaction;  // of InnoDB; none: not known
};

class LiveWatch {
 public:
  LiveWatch(const std::string& nonce, const Processes& listed);

  void observe(std::uint32_t generation, const LogRow& row);

  // none until both statements were seen.
  [[nodiscard]] std::optional<LiveSessions> result() const;

 private:
  std::string list_marker_;
  std::string end_marker_;
  std::set<std::uint64_t> threads_;
  std::map<std::uint64_t, std::string> databases_;
  std::optional<std::set<std::uint64_t>> in_transaction_;
  std::optional<Position> at_;
  bool complete_ = false;
};

}  // namespace dw::extract
