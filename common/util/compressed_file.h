// Reads a file from its beginning to its end, plain or compressed. gzip is recognised by itself; FILE.zst
// goes through the program zstd, which saves a library for what few need.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace dw {

class CompressedFile {
 public:
  // "-" is stdin, plain or gzip. Throws Error(usage) when it cannot be opened.
  explicit CompressedFile(const std::filesystem::path& path);
  CompressedFile(const CompressedFile&) = delete;
  CompressedFile& operator=(const CompressedFile&) = delete;
  ~CompressedFile();

  // The next piece, at most 256 KiB; false at the end. Throws Error(failed) for what is damaged or cut off.
  bool read(std::string& piece);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dw
