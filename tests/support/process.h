// Child processes of a test: started, waited for with a time limit, killed, measured.
//
// A child and what it starts share a process group of their own, and the group is killed when the object
// goes. A child does not outlive the test program, however that ends (PR_SET_PDEATHSIG). Only processes
// started here are ever signalled.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace dw::test {

using Milliseconds = std::chrono::milliseconds;

// How a process ended and what it used, its own waited-for children included.
struct ExitStatus {
  int exit_code = -1;    // 128 + signal when a signal ended it, as a shell says it
  int signal = 0;        // 0 when it exited by itself
  long max_rss_kib = 0;  // never below what the test program itself had resident when it started the process
  double cpu_seconds = 0;  // user and system
};

struct SpawnOptions {
  std::map<std::string, std::string> env{};  // added to the test program's own; an empty value unsets
  std::filesystem::path cwd{};               // empty: the test program's
  std::filesystem::path stdin_file{};        // empty: /dev/null
  std::filesystem::path stdout_file{};       // appended to; empty: the test program's
  std::filesystem::path stderr_file{};       // appended to; may be the same file; empty: the test program's
  int parent_death_signal = 9;               // what the child gets when the test program dies
};

class Process {
 public:
  // Throws std::system_error when the program cannot be started. argv[0] is looked up in PATH.
  static Process start(const std::vector<std::string>& argv, const SpawnOptions& options = {});

  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  pid_t pid() const { return pid_; }
  bool running() { return !wait(Milliseconds(0)).has_value(); }

  // Nothing when it still runs after `timeout`. Once ended, answers the same status every time.
  std::optional<ExitStatus> wait(Milliseconds timeout);

  // To the process alone (it then can stop its own children in order), or to the whole group. No effect
  // on a process that has ended.
  void send_signal(int signal);
  void signal_group(int signal);

  // SIGTERM, then, when it has ended or `grace` is over, SIGKILL to what is left of the group.
  ExitStatus terminate(Milliseconds grace = std::chrono::seconds(20));
  ExitStatus kill9();

 private:
  Process(pid_t pid, int pidfd) : pid_(pid), pidfd_(pidfd) {}
  void await_end(Milliseconds timeout) const;  // without reaping it
  void reset() noexcept;

  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<ExitStatus> status_;
};

struct ProcessResult : ExitStatus {
  std::string out{};
  std::string err{};
  bool timed_out = false;  // killed with its group because the limit passed
};

struct RunOptions {
  std::string_view stdin_text{};
  std::map<std::string, std::string> env{};
  std::filesystem::path cwd{};
  Milliseconds timeout = std::chrono::seconds(120);
};

// Runs a program to its end. A program that fails is a result, not an exception.
ProcessResult run(const std::vector<std::string>& argv, const RunOptions& options = {});

// The same for steps that must work: throws std::runtime_error with the command and its stderr.
std::string run_or_throw(const std::vector<std::string>& argv, const RunOptions& options = {});

// User and system time that a running process has used, its children's not. 0 when it is gone.
double cpu_seconds_of(pid_t pid);

// The full path of a program in PATH, or in one of the sbin folders; empty when there is none.
std::filesystem::path find_program(std::string_view name);

}  // namespace dw::test
