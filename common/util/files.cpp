#include "common/util/files.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util/error.h"

namespace dw {
namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw Error(ExitCode::failed, what + " failed: " + std::strerror(errno));
}

void write_all(int descriptor, std::string_view content, const std::string& name) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno("writing " + name);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

void sync_folder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

std::string read_file(const std::filesystem::path& path, std::string_view what) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw Error(ExitCode::usage, std::string(what) + " file " + path.string() + " cannot be read",
                std::strerror(errno));
  }
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void refuse_if_readable_by_others(const std::filesystem::path& path, std::string_view what) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    throw Error(ExitCode::usage, std::string(what) + " file " + path.string() + " cannot be read",
                std::strerror(errno));
  }
  if ((status.st_mode & S_IROTH) != 0) {
    throw Error(ExitCode::usage, std::string(what) + " file " + path.string() + " is readable by everybody",
                "chmod o-rwx " + path.string());
  }
}

std::string read_secret(const std::filesystem::path& path, std::string_view what) {
  refuse_if_readable_by_others(path, what);
  std::string text = read_file(path, what);
  text = text.substr(0, text.find_first_of("\r\n"));
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) {
    throw Error(ExitCode::usage, std::string(what) + " file " + path.string() + " is empty",
                "write the secret on its first line");
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

void write_file_durably(const std::filesystem::path& path, std::string_view content, FileMode mode) {
  const std::string temporary = path.string() + ".tmp";
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) throw_errno("writing " + temporary);
  try {
    // Whatever the umask is, and whoever left the temporary file.
    if (::fchmod(descriptor, static_cast<mode_t>(mode)) != 0) throw_errno("writing " + temporary);
    write_all(descriptor, content, temporary);
    if (::fsync(descriptor) != 0) throw_errno("writing " + temporary);
  } catch (...) {
    ::close(descriptor);
    ::unlink(temporary.c_str());
    throw;
  }
  ::close(descriptor);
  if (::rename(temporary.c_str(), path.c_str()) != 0) throw_errno("renaming " + temporary);
  sync_folder(path.parent_path());
}

std::optional<FileLock> FileLock::try_acquire(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) throw_errno("opening the lock file " + path.string());
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return FileLock(descriptor);
  const int error = errno;
  ::close(descriptor);
  if (error == EWOULDBLOCK) return std::nullopt;
  errno = error;
  throw_errno("locking " + path.string());
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace dw
