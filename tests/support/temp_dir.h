// A private directory that is gone when its object is.
//
// It lies under ${TMPDIR:-/tmp} as dw-test-XXXXXX; one for a server's data in memory, where TMPDIR says
// nothing else and the machine has the room: what servers write then waits for no disk. DW_KEEP_TEMP=1 in the
// environment keeps it and prints its name, for a look at what a failed test left.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace dw::test {

class TempDir {
 public:
  // `traversable` lets other users pass through (0711), which a web server's own account needs.
  enum class Access { owner_only, traversable };

  enum class Place { disk, memory };

  explicit TempDir(Access access = Access::owner_only, Place place = Place::disk);
  ~TempDir();
  TempDir(TempDir&& other) noexcept;
  TempDir& operator=(TempDir&& other) noexcept;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  void remove() noexcept;

  std::filesystem::path path_;
};

// Whole files at once. Both throw std::runtime_error that names the file.
std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view text, unsigned mode = 0644);

}  // namespace dw::test
