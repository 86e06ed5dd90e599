#include "tests/support/temp_dir.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace dw::test {

namespace {

bool has_room_in_memory() {
  constexpr std::uintmax_t kRoom = std::uintmax_t{4} << 30U;
  std::error_code error;
  const auto space = std::filesystem::space("/dev/shm", error);
  return !error && space.available >= kRoom && ::access("/dev/shm", W_OK) == 0;
}

std::string parent_of(TempDir::Place place) {
  const char* base = std::getenv("TMPDIR");
  if (base != nullptr && *base != '\0') return base;
  return place == TempDir::Place::memory && has_room_in_memory() ? "/dev/shm" : "/tmp";
}

}  // namespace

TempDir::TempDir(Access access, Place place) {
  std::string name = parent_of(place) + "/dw-test-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "cannot make " + name);
  }
  path_ = name;
  if (access == Access::traversable && ::chmod(name.c_str(), 0711) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot chmod " + name);
  }
}

TempDir::~TempDir() {
  remove();
}

TempDir::TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::exchange(other.path_, {});
  }
  return *this;
}

void TempDir::remove() noexcept {
  if (path_.empty()) return;
  if (std::getenv("DW_KEEP_TEMP") != nullptr) {
    std::fprintf(stderr, "kept: %s\n", path_.c_str());
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_file(const std::filesystem::path& path, std::string_view text, unsigned mode) {
  // Created with no rights for others, so that a key is at no time readable by them.
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "cannot write " + path.string());
  bool good = ::fchmod(fd, static_cast<mode_t>(mode)) == 0;
  while (good && !text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count > 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      good = false;
    }
  }
  const int error = errno;
  ::close(fd);
  if (!good) throw std::system_error(error, std::generic_category(), "cannot write " + path.string());
}

}  // namespace dw::test
