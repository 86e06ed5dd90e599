#include "common/util/compressed_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zlib.h>

#include "common/util/error.h"

namespace dw {
namespace {

constexpr unsigned kBufferSize = 256U * 1024U;

[[noreturn]] void refuse(const std::string& what, int error) {
  throw Error(ExitCode::usage, what + ": " + std::strerror(error));
}

// Gives the end of a pipe that the program's output comes from.
int start_zstd(const std::string& path, pid_t& pid) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) refuse("a pipe cannot be made", errno);
  posix_spawn_file_actions_t files{};
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
  std::string program = "zstd";
  std::string options = "-dcq";
  std::string rest = "--";
  std::string file = path;
  std::array<char*, 5> words{program.data(), options.data(), rest.data(), file.data(), nullptr};
  const int error = ::posix_spawnp(&pid, program.c_str(), &files, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  ::close(ends[1]);
  if (error == 0) return ends[0];
  ::close(ends[0]);
  refuse("zstd cannot be started for " + path, error);
}

int open_plain(const std::string& path) {
  if (path == "-") return ::dup(STDIN_FILENO);
  const int out = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (out < 0) refuse(path + " cannot be read", errno);
  return out;
}

}  // namespace

struct CompressedFile::State {
  std::string path;
  pid_t zstd = -1;
  gzFile file = nullptr;

  // Whether it had come to its end well.
  bool reap() {
    int status = 0;
    while (::waitpid(zstd, &status, 0) < 0 && errno == EINTR) {
    }
    zstd = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
};

CompressedFile::CompressedFile(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  state_->path = path.string();
  if (::access(path.c_str(), R_OK) != 0 && path != "-") refuse(path.string() + " cannot be read", errno);
  const bool zstd = path.extension() == ".zst";
  state_->file = gzdopen(zstd ? start_zstd(state_->path, state_->zstd) : open_plain(state_->path), "rb");
  if (state_->file == nullptr) refuse(state_->path + " cannot be read", ENOMEM);
  gzbuffer(state_->file, kBufferSize);
}

// What is still being decompressed ends by itself when nobody reads it.
CompressedFile::~CompressedFile() {
  gzclose(state_->file);
  if (state_->zstd > 0) state_->reap();
}

bool CompressedFile::read(std::string& piece) {
  piece.resize(kBufferSize);
  const int size = gzread(state_->file, piece.data(), kBufferSize);
  int error = Z_OK;
  const char* message = gzerror(state_->file, &error);
  const bool damaged = size < 0 || error == Z_BUF_ERROR || error == Z_DATA_ERROR;
  if (damaged)
    throw Error(ExitCode::failed, state_->path + " is damaged or cut off: " + std::string(message));
  piece.resize(static_cast<std::size_t>(size));
  if (size > 0) return true;
  if (state_->zstd > 0 && !state_->reap())
    throw Error(ExitCode::failed, state_->path + " is damaged or cut off: zstd cannot read it");
  return false;
}

}  // namespace dw
