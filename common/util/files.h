// Files: reading whole, writing durably, modes, and the lock that keeps a second run out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace dw {

// Throws Error(usage) when the file cannot be read; `what` names it for people ("API key").
std::string read_file(const std::filesystem::path& path, std::string_view what);

// Reads a secret: the first line, without white space around it. Throws Error(usage) when the file is
// missing, empty or readable by others.
std::string read_secret(const std::filesystem::path& path, std::string_view what);

// Throws Error(usage) when others may read the file.
void refuse_if_readable_by_others(const std::filesystem::path& path, std::string_view what);

enum class FileMode : std::uint16_t { private_to_owner = 0600, readable_by_all = 0644 };

// Writes under a temporary name, fsyncs, renames: after a crash there is the old file or the new one, whole.
// Throws Error(failed).
void write_file_durably(const std::filesystem::path& path, std::string_view content,
                        FileMode mode = FileMode::private_to_owner);

// An advisory lock on a file, released by the destructor or the process's end, however it ends.
class FileLock {
 public:
  // nullopt when another process holds it. Throws Error(failed) when the file cannot be made.
  static std::optional<FileLock> try_acquire(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace dw
