#include "common/util/child_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/util/error.h"

namespace dw {
namespace {

using Milliseconds = std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr Milliseconds kGrace{2000};       // between SIGTERM and SIGKILL
constexpr std::size_t kMostErrors = 4096;  // bytes of stderr that are kept

[[noreturn]] void fail(const std::string& what, int error) {
  throw Error(ExitCode::failed, what + ": " + std::strerror(error));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {
    if (number_ < 0) fail("a file in memory cannot be made", errno);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(number_); }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

void put(const Descriptor& file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file.number(), text.data(), text.size());
    if (written < 0 && errno != EINTR) fail("a file in memory cannot be written", errno);
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(file.number(), 0, SEEK_SET);
}

std::string beginning_of(const Descriptor& file) {
  std::array<char, kMostErrors> bytes{};
  const ssize_t size = ::pread(file.number(), bytes.data(), bytes.size(), 0);
  return size > 0 ? std::string(bytes.data(), static_cast<std::size_t>(size)) : "";
}

pid_t spawn(const std::filesystem::path& program, const Descriptor& in, const Descriptor& err) {
  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&files, in.number(), STDIN_FILENO);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, err.number(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  sigset_t signals{};
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  for (const int signal : {SIGTERM, SIGINT, SIGPIPE}) sigaddset(&signals, signal);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  std::string name = program.string();
  std::array<char*, 2> words{name.data(), nullptr};
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, name.c_str(), &files, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) fail(name + " cannot be started", error);
  return pid;
}

// Whether the process ended within the time; it is not reaped.
bool ends_within(int pidfd, Milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now()).count();
    pollfd wait_for{pidfd, POLLIN, 0};
    const int ready = ::poll(&wait_for, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

int reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void refuse_if_changeable(const std::filesystem::path& path, const struct stat& status,
                          std::string_view what) {
  // In a folder such as /tmp everybody may write, but change only what is his own.
  const bool own_files_only = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !own_files_only) {
    throw Error(ExitCode::usage, std::string(what) + " " + path.string() + " can be changed by others",
                "chmod go-w " + path.string());
  }
  if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
    throw Error(ExitCode::usage, std::string(what) + " " + path.string() + " belongs to another account",
                "it must belong to root or to the account that dw-load runs under");
  }
}

}  // namespace

ChildResult run_child(const std::filesystem::path& program, std::string_view text, Milliseconds limit) {
  const Descriptor in(::memfd_create("stdin", MFD_CLOEXEC));
  const Descriptor err(::memfd_create("stderr", MFD_CLOEXEC));
  put(in, text);
  const pid_t pid = spawn(program, in, err);
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  ChildResult result;
  if (!ends_within(process.number(), limit)) {
    result.timed_out = true;
    ::kill(-pid, SIGTERM);
    ends_within(process.number(), kGrace);
    ::kill(-pid, SIGKILL);
  }
  result.exit_code = reap(pid);
  result.errors = beginning_of(err);
  return result;
}

void refuse_unsafe_executable(const std::filesystem::path& path, std::string_view what) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) {
    throw Error(ExitCode::usage, std::string(what) + " " + path.string() + " cannot be read",
                std::strerror(errno));
  }
  if (!S_ISREG(file.st_mode) || ::access(path.c_str(), X_OK) != 0) {
    throw Error(ExitCode::usage, std::string(what) + " " + path.string() + " is no executable file",
                "chmod u+x " + path.string());
  }
  refuse_if_changeable(path, file, what);
  struct stat folder {};
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  if (::stat(parent.c_str(), &folder) == 0)
    refuse_if_changeable(parent, folder, "the folder of " + std::string(what));
}

}  // namespace dw
