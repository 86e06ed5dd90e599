// Executables of the operator's that dw-load calls at certain places of a run, with JSON on stdin.
//
//   before_begin  the mirror is open, nothing was fetched yet
//   after_batch   a batch's statements ran, and are not committed yet
//   on_retained   the same, where statements were withheld or rows went to the archive
//   on_failure    the same, where statements failed on the mirror
//   after_finish  the run is over
//
// A failure (an exit status that is not 0, the time limit) is told, and with on_error "stop" ends the run:
// the transaction that was about to be committed is taken back.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/util/statistics.h"
#include "loader/apply/before_commit.h"
#include "loader/config.h"

namespace dw::load {

class Hooks {
 public:
  // All three must outlive the object.
  Hooks(const HooksConfig& config, Statistics& statistics, std::function<void(const std::string&)> warn);

  // Calls the hook's executables in their order. Throws Error(failed) for a failure, where these stop the
  // run.
  void call(std::string_view hook, nlohmann::json facts);
  // after_batch, on_retained and on_failure.
  void call_before_commit(const PendingCommit& pending);

 private:
  void run(std::string_view hook, const std::filesystem::path& program, const std::string& text);

  const HooksConfig& config_;
  Statistics& statistics_;
  std::function<void(const std::string&)> warn_;
};

}  // namespace dw::load
