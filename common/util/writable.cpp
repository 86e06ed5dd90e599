#include "common/util/writable.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace dw {
namespace {

namespace fs = std::filesystem;

// As the account that the program works as, and not who started it. (access(2))
std::string why_no_access(const fs::path& place, int mode) {
  if (::faccessat(AT_FDCWD, place.c_str(), mode, AT_EACCESS) == 0) return "";
  return place.string() + ": " + std::strerror(errno);
}

std::string why_not_usable(const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder, ignored) && !fs::is_directory(folder, ignored))
    return folder.string() + ": " + std::strerror(ENOTDIR);
  return why_no_access(folder, R_OK | W_OK | X_OK);
}

}  // namespace

fs::path nearest_folder(const fs::path& folder) {
  std::error_code ignored;
  fs::path place = fs::absolute(folder, ignored);
  while (!fs::exists(place, ignored) && place.has_relative_path()) place = place.parent_path();
  return place;
}

std::string why_not_writable_folder(const fs::path& folder) {
  return why_not_usable(nearest_folder(folder));
}

std::string why_not_writable_file(const fs::path& file) {
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) return file.string() + ": " + std::strerror(EISDIR);
  const fs::path folder = fs::absolute(file, ignored).parent_path();
  const std::string why = why_no_access(folder, W_OK | X_OK);
  return why.empty() && fs::exists(file, ignored) ? why_no_access(file, W_OK) : why;
}

}  // namespace dw
