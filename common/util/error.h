// The one exception type: what failed, what to do about it, and the exit code the program ends with.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace dw {

// A contract: cron jobs and monitoring read these (design.md, "Command line").
enum class ExitCode : int {
  done = 0,
  failed = 1,
  usage = 2,
  needs_eyes = 3,
  gap = 4,
  locked = 5,
  source_unreachable = 6,
  mirror_unreachable = 7,
  not_authorised = 8,
};

class Error : public std::runtime_error {
 public:
  // `what`: what failed and where, one line. `hint`: what the operator can do, one line, may be empty.
  Error(ExitCode code, const std::string& what, std::string hint = {})
      : std::runtime_error(what), code_(code), hint_(std::move(hint)) {}

  [[nodiscard]] ExitCode code() const { return code_; }
  [[nodiscard]] const std::string& hint() const { return hint_; }
  // "what: hint", for stderr.
  [[nodiscard]] std::string line() const {
    return hint_.empty() ? std::string(what()) : std::string(what()) + ": " + hint_;
  }

 private:
  ExitCode code_;
  std::string hint_;
};

}  // namespace dw
