// A log file to read from, plain or compressed with gzip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace dw::extract {

class LogFile {
 public:
  // nullopt when there is no such file. Throws Error(not_authorised) when it may not be read, Error(failed).
  static std::optional<LogFile> open(const std::filesystem::path& path);

  LogFile(LogFile&&) noexcept;
  LogFile& operator=(LogFile&&) noexcept;
  ~LogFile();

  // Reads up to `size` bytes from `offset` (uncompressed) on to the end of `out`; fewer only at the file's
  // end. Gives how many. Throws Error(failed), also for damaged gzip data.
  std::size_t read(std::uint64_t offset, std::size_t size, std::string& out);

  [[nodiscard]] bool compressed() const;
  [[nodiscard]] std::int64_t modified() const;  // nanoseconds since 1970

 private:
  struct State;
  explicit LogFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dw::extract
