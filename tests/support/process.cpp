#include "tests/support/process.h"

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <mutex>
#include <poll.h>
#include <queue>
#include <sstream>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace dw::test {
namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// PR_SET_PDEATHSIG fires when the *thread* that forked ends. So that a test may start servers from threads
// of its own, one thread that lives as long as the program does all forking.
class ForkingThread {
 public:
  static ForkingThread& instance() {
    static auto* const thread = new ForkingThread;  // never destroyed: must outlive every static object
    return *thread;
  }

  pid_t run(std::function<pid_t()> fork_and_exec) {
    std::packaged_task<pid_t()> task(std::move(fork_and_exec));
    std::future<pid_t> pid = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      tasks_.push(std::move(task));
    }
    wake_.notify_one();
    return pid.get();
  }

 private:
  ForkingThread() {
    std::thread([this] { serve(); }).detach();
  }

  void serve() {
    for (;;) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !tasks_.empty(); });
      std::packaged_task<pid_t()> task = std::move(tasks_.front());
      tasks_.pop();
      lock.unlock();
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::queue<std::packaged_task<pid_t()>> tasks_;
};

// Everything that the child needs between fork and exec, made before the fork: only system calls are
// allowed there.
struct ChildPlan {
  std::vector<std::string> argv_text;
  std::vector<std::string> env_text;
  std::vector<char*> argv;
  std::vector<char*> env;
  std::string program;
  std::string cwd;
  int in = -1;   // -1: /dev/null
  int out = -1;  // -1: inherited
  int err = -1;  // -1: inherited
  int death_signal = SIGKILL;
  int error_pipe = -1;
};

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!changes.contains(std::string(text.substr(0, text.find('='))))) result.emplace_back(text);
  }
  for (const auto& [name, value] : changes) {
    if (!value.empty()) result.push_back(name + "=" + value);
  }
  return result;
}

ChildPlan make_plan(const std::vector<std::string>& argv, const std::map<std::string, std::string>& env,
                    const std::filesystem::path& cwd) {
  if (argv.empty()) throw std::invalid_argument("no program to run");
  ChildPlan plan;
  plan.argv_text = argv;
  plan.env_text = merged_environment(env);
  for (auto& text : plan.argv_text) plan.argv.push_back(text.data());
  for (auto& text : plan.env_text) plan.env.push_back(text.data());
  plan.argv.push_back(nullptr);
  plan.env.push_back(nullptr);
  plan.cwd = cwd.string();
  plan.program = argv[0].find('/') == std::string::npos ? find_program(argv[0]).string() : argv[0];
  if (plan.program.empty()) throw std::runtime_error("no program named " + argv[0] + " on this machine");
  return plan;
}

[[noreturn]] void become_child(const ChildPlan& plan, pid_t parent) {
  const auto fail = [&plan] {
    const int error = errno;
    [[maybe_unused]] const ssize_t ignored = ::write(plan.error_pipe, &error, sizeof error);
    ::_exit(127);
  };
  ::setpgid(0, 0);
  if (::prctl(PR_SET_PDEATHSIG, plan.death_signal) != 0) fail();
  if (::getppid() != parent) ::_exit(127);  // it died before the line above
  const int in = plan.in >= 0 ? plan.in : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (in < 0 || ::dup2(in, 0) < 0) fail();
  if (plan.out >= 0 && ::dup2(plan.out, 1) < 0) fail();
  if (plan.err >= 0 && ::dup2(plan.err, 2) < 0) fail();
  if (!plan.cwd.empty() && ::chdir(plan.cwd.c_str()) != 0) fail();
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::execve(plan.program.c_str(), plan.argv.data(), plan.env.data());
  fail();
  ::_exit(127);
}

pid_t spawn(ChildPlan& plan) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("pipe");
  plan.error_pipe = ends[1];
  const pid_t parent = ::getpid();
  int fork_error = 0;
  const pid_t pid = ForkingThread::instance().run([&] {
    const pid_t child = ::fork();
    if (child == 0) become_child(plan, parent);
    fork_error = errno;
    return child;
  });
  ::close(ends[1]);
  int exec_error = 0;
  const ssize_t count = pid > 0 ? ::read(ends[0], &exec_error, sizeof exec_error) : 0;
  ::close(ends[0]);
  if (pid < 0) throw std::system_error(fork_error, std::generic_category(), "fork");
  if (count > 0) {
    ::waitpid(pid, nullptr, 0);
    throw std::system_error(exec_error, std::generic_category(), "cannot start " + plan.program);
  }
  return pid;
}

class Fd {
 public:
  explicit Fd(int fd, const std::string& what) : fd_(fd) {
    if (fd_ < 0) throw_errno(what);
  }
  ~Fd() { ::close(fd_); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string contents(const Fd& fd) {
  std::string text;
  char buffer[65536];
  off_t offset = 0;
  for (;;) {
    const ssize_t count = ::pread(fd.get(), buffer, sizeof buffer, offset);
    if (count < 0) throw_errno("cannot read back a program's output");
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    offset += count;
  }
}

void fill(const Fd& fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd.get(), text.data(), text.size());
    if (count < 0) throw_errno("cannot prepare a program's input");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  ::lseek(fd.get(), 0, SEEK_SET);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

ExitStatus make_status(int status, const rusage& usage) {
  ExitStatus result;
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  result.max_rss_kib = usage.ru_maxrss;
  result.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  return result;
}

}  // namespace

Process Process::start(const std::vector<std::string>& argv, const SpawnOptions& options) {
  ChildPlan plan = make_plan(argv, options.env, options.cwd);
  plan.death_signal = options.parent_death_signal;
  std::vector<int> opened;
  const auto open_file = [&opened](const std::filesystem::path& path, int flags) {
    if (path.empty()) return -1;
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (fd >= 0) opened.push_back(fd);
    return fd;
  };
  plan.in = open_file(options.stdin_file, O_RDONLY);
  plan.out = open_file(options.stdout_file, O_WRONLY | O_CREAT | O_APPEND);
  plan.err = open_file(options.stderr_file, O_WRONLY | O_CREAT | O_APPEND);
  const auto close_all = [&opened] {
    for (const int fd : opened) ::close(fd);
  };
  try {
    const pid_t pid = spawn(plan);
    close_all();
    return {pid, static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  } catch (...) {
    close_all();
    throw;
  }
}

Process::~Process() {
  reset();
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::exchange(other.pidfd_, -1)),
      status_(std::exchange(other.status_, std::nullopt)) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    reset();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::exchange(other.pidfd_, -1);
    status_ = std::exchange(other.status_, std::nullopt);
  }
  return *this;
}

void Process::reset() noexcept {
  if (pid_ > 0 && !status_) {
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  if (pidfd_ >= 0) ::close(pidfd_);
  pid_ = -1;
  pidfd_ = -1;
}

void Process::await_end(Milliseconds timeout) const {
  pollfd poll_for{pidfd_, POLLIN, 0};
  while (::poll(&poll_for, 1, static_cast<int>(timeout.count())) < 0 && errno == EINTR) {
  }
}

std::optional<ExitStatus> Process::wait(Milliseconds timeout) {
  if (status_ || pid_ < 0) return status_;
  await_end(timeout);
  int status = 0;
  rusage usage{};
  if (::wait4(pid_, &status, WNOHANG, &usage) == pid_) status_ = make_status(status, usage);
  return status_;
}

void Process::send_signal(int signal) {
  if (pid_ > 0 && !status_) ::kill(pid_, signal);
}

void Process::signal_group(int signal) {
  if (pid_ > 0 && !status_) ::kill(-pid_, signal);
}

ExitStatus Process::terminate(Milliseconds grace) {
  send_signal(SIGTERM);
  await_end(grace);
  return kill9();  // what it left of its group; its own status stays as it was when it ended by itself
}

ExitStatus Process::kill9() {
  signal_group(SIGKILL);
  while (!wait(std::chrono::seconds(10))) {
  }
  return *status_;
}

ProcessResult run(const std::vector<std::string>& argv, const RunOptions& options) {
  ChildPlan plan = make_plan(argv, options.env, options.cwd);
  // Memory files, not pipes: nothing can block, however much is written.
  const Fd in(::memfd_create("stdin", MFD_CLOEXEC), "memfd_create");
  const Fd out(::memfd_create("stdout", MFD_CLOEXEC), "memfd_create");
  const Fd err(::memfd_create("stderr", MFD_CLOEXEC), "memfd_create");
  fill(in, options.stdin_text);
  plan.in = in.get();
  plan.out = out.get();
  plan.err = err.get();
  const pid_t pid = spawn(plan);
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), "pidfd_open");

  ProcessResult result;
  pollfd poll_for{pidfd.get(), POLLIN, 0};
  if (::poll(&poll_for, 1, static_cast<int>(options.timeout.count())) == 0) {
    result.timed_out = true;
    ::kill(-pid, SIGKILL);
  }
  int status = 0;
  rusage usage{};
  while (::wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  static_cast<ExitStatus&>(result) = make_status(status, usage);
  result.out = contents(out);
  result.err = contents(err);
  return result;
}

std::string run_or_throw(const std::vector<std::string>& argv, const RunOptions& options) {
  ProcessResult result = run(argv, options);
  if (result.exit_code == 0) return std::move(result.out);
  std::string command;
  for (const auto& word : argv) command += (command.empty() ? "" : " ") + word;
  throw std::runtime_error(command + ": " + (result.timed_out ? "timed out" : "failed") + " (exit " +
                           std::to_string(result.exit_code) + ")\n" + result.err);
}

// Fields 14 and 15 of /proc/PID/stat; the second one, in parentheses, may hold blanks (proc(5)).
double cpu_seconds_of(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::filesystem::path find_program(std::string_view name) {
  const char* path = std::getenv("PATH");
  const std::string folders =
      std::string(path != nullptr ? path : "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin";
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    std::filesystem::path candidate = std::filesystem::path(folders.substr(begin, end - begin)) / name;
    if (end > begin && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return {};
}

}  // namespace dw::test
