#include "loader/net/authorities.h"

#include <sys/auxv.h>

namespace dw::load {

// The path that the kernel was given, and not /proc/self/exe: /proc is not mounted everywhere.
std::optional<std::filesystem::path> bundled_authorities() {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): getauxval gives pointers as numbers
  const auto* const program = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  if (program == nullptr) return std::nullopt;
  std::error_code error;
  const std::filesystem::path file =
      std::filesystem::canonical(program, error).parent_path() / "ca-bundle.pem";
  if (error || !std::filesystem::exists(file, error)) return std::nullopt;
  return file;
}

}  // namespace dw::load
