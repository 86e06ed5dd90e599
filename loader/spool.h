// Batches on disk: every one is written here, compressed and 0600, before it is applied. For debugging, for
// applying again, for rebuilding a mirror.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/log/batch.h"

namespace dw::load {

class Spool {
 public:
  // Makes the folder (0700) when it is missing. Throws Error(usage) when it cannot.
  explicit Spool(std::filesystem::path folder);

  // Durable when it returns. The name sorts by the batch's time. Gives the path.
  std::filesystem::path save(const Batch& batch, std::string_view json_text) const;

  // Removes batches older than `days`; 0 keeps all. Throws Error(failed) when the folder cannot be read.
  void prune(int days) const;

  [[nodiscard]] std::filesystem::path lock_file() const { return folder_ / "dw-load.lock"; }

 private:
  std::filesystem::path folder_;
};

// The JSON text of a spooled or hand-made batch file, decompressed when need be. Throws Error(usage).
std::string read_batch_file(const std::filesystem::path& file);

}  // namespace dw::load
