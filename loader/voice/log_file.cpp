#include "loader/voice/log_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "common/util/error.h"

namespace dw::load {
namespace {

[[noreturn]] void fail(const LogFileConfig& config) {
  throw Error(ExitCode::failed,
              "log file " + config.path.string() + " cannot be written: " + std::strerror(errno),
              "set log_file.path to a place that dw-load may write to");
}

// The file, open and locked against other runs; closed by the destructor.
class LockedFile {
 public:
  explicit LockedFile(const LogFileConfig& config)
      : descriptor_(::open(config.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
    if (descriptor_ < 0) fail(config);
    if (::flock(descriptor_, LOCK_EX) != 0 || ::fstat(descriptor_, &status_) != 0) {
      ::close(descriptor_);
      fail(config);
    }
  }
  LockedFile(const LockedFile&) = delete;
  LockedFile& operator=(const LockedFile&) = delete;
  ~LockedFile() { ::close(descriptor_); }

  [[nodiscard]] std::uint64_t bytes() const { return static_cast<std::uint64_t>(status_.st_size); }
  // Another run may have rotated it while this one waited for the lock.
  [[nodiscard]] bool is_still_at(const std::filesystem::path& path) const {
    struct stat there {};
    return ::stat(path.c_str(), &there) == 0 && there.st_ino == status_.st_ino &&
           there.st_dev == status_.st_dev;
  }
  [[nodiscard]] bool write(const std::string& line) const {
    return ::write(descriptor_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  }

 private:
  int descriptor_;
  struct stat status_ {};
};

std::string numbered(const LogFileConfig& config, int number) {
  return config.path.string() + "." + std::to_string(number);
}

void rotate(const LogFileConfig& config) {
  for (int number = config.keep; number > 1; --number)
    ::rename(numbered(config, number - 1).c_str(), numbered(config, number).c_str());  // not all are there
  const int done = config.keep == 0 ? ::unlink(config.path.c_str())
                                    : ::rename(config.path.c_str(), numbered(config, 1).c_str());
  if (done != 0) fail(config);
}

}  // namespace

std::string log_line(const LogFileConfig& config, Micros at, std::string_view level, std::string_view verb,
                     int pid, std::string_view message) {
  if (config.json) {
    const nlohmann::json line{
        {"at", format_time(at)}, {"level", level}, {"verb", verb}, {"pid", pid}, {"message", message}};
    return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  std::string words(message);
  std::replace(words.begin(), words.end(), '\n', ' ');
  std::string out = format_time(at);
  out.append(" ").append(level).append(" ").append(verb);
  return out + "[" + std::to_string(pid) + "] " + words + "\n";
}

void append_to_log(const LogFileConfig& config, const std::string& line) {
  for (;;) {
    const LockedFile file(config);
    if (!file.is_still_at(config.path)) continue;
    if (file.bytes() > 0 && file.bytes() + line.size() > config.max_bytes) {
      rotate(config);
      continue;
    }
    if (!file.write(line)) fail(config);
    return;
  }
}

}  // namespace dw::load
