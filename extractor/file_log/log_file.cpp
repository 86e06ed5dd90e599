#include "extractor/file_log/log_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "common/util/error.h"
#include "common/util/gzip.h"

namespace dw::extract {
namespace {

constexpr unsigned kGzipBuffer = 256 * 1024;
constexpr std::size_t kMostAtOnce = std::numeric_limits<int>::max() / 2;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
  throw Error(ExitCode::failed, "log file " + path.string() + " cannot be read: " + why);
}

}  // namespace

struct LogFile::State {
  std::filesystem::path path;
  int descriptor = -1;
  gzFile gzip = nullptr;  // owns the descriptor when it is there
  std::int64_t modified = 0;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (gzip != nullptr) {
      ::gzclose_r(gzip);
    } else if (descriptor >= 0) {
      ::close(descriptor);
    }
  }
};

LogFile::LogFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogFile::LogFile(LogFile&&) noexcept = default;
LogFile& LogFile::operator=(LogFile&&) noexcept = default;
LogFile::~LogFile() = default;

std::optional<LogFile> LogFile::open(const std::filesystem::path& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (state->descriptor < 0 && errno == ENOENT) return std::nullopt;
  if (state->descriptor < 0 && errno == EACCES) {
    throw Error(ExitCode::not_authorised, "log file " + path.string() + " may not be read",
                "let the account that runs dw-extract read it, for instance with setfacl -m u:www-data:r");
  }
  if (state->descriptor < 0) fail(path, std::strerror(errno));
  struct stat status {};
  if (::fstat(state->descriptor, &status) != 0) fail(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) fail(path, "it is no regular file");
  state->modified = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  char magic[3] = {};
  const bool gzipped = ::pread(state->descriptor, magic, sizeof magic, 0) == sizeof magic &&
                       looks_gzipped({magic, sizeof magic});
  if (gzipped) {
    state->gzip = ::gzdopen(state->descriptor, "rb");
    if (state->gzip == nullptr) fail(path, "out of memory");
    ::gzbuffer(state->gzip, kGzipBuffer);
  }
  return LogFile(std::move(state));
}

bool LogFile::compressed() const {
  return state_->gzip != nullptr;
}
std::int64_t LogFile::modified() const {
  return state_->modified;
}

std::size_t LogFile::read(std::uint64_t offset, std::size_t size, std::string& out) {
  const std::size_t before = out.size();
  size = std::min(size, kMostAtOnce);
  out.resize(before + size);
  std::size_t done = 0;
  if (state_->gzip != nullptr) {
    const auto place = static_cast<z_off_t>(offset);
    if (::gztell(state_->gzip) != place && ::gzseek(state_->gzip, place, SEEK_SET) < 0)
      fail(state_->path, "gzip data is damaged");
    const int read = ::gzread(state_->gzip, out.data() + before, static_cast<unsigned>(size));
    int error = Z_OK;
    ::gzerror(state_->gzip, &error);
    if (read < 0 || (error != Z_OK && error != Z_STREAM_END)) {
      out.resize(before);
      fail(state_->path, "gzip data is cut off or damaged");
    }
    done = static_cast<std::size_t>(read);
  }
  while (state_->gzip == nullptr && done < size) {
    const ssize_t read = ::pread(state_->descriptor, out.data() + before + done, size - done,
                                 static_cast<off_t>(offset + done));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) fail(state_->path, std::strerror(errno));
    if (read == 0) break;
    done += static_cast<std::size_t>(read);
  }
  out.resize(before + done);
  return done;
}

}  // namespace dw::extract
