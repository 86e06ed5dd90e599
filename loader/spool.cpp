#include "loader/spool.h"

#include <chrono>
#include <sys/stat.h>

#include "common/util/error.h"
#include "common/util/files.h"
#include "common/util/gzip.h"

namespace dw::load {
namespace {

constexpr std::size_t kLargestBatch = std::size_t{2} << 30U;

}  // namespace

Spool::Spool(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  if (std::filesystem::create_directories(folder_, error)) ::chmod(folder_.c_str(), 0700);
  if (error) {
    throw Error(ExitCode::usage, "spool folder " + folder_.string() + " cannot be made: " + error.message(),
                "set spool_dir to a folder that dw-load may write to");
  }
}

std::filesystem::path Spool::save(const Batch& batch, std::string_view json_text) const {
  std::filesystem::path path = folder_ / ("batch-" + std::to_string(batch.header.made) + "-" +
                                          batch.sha256.substr(0, 12) + ".json.gz");
  write_file_durably(path, gzip(json_text));
  return path;
}

void Spool::prune(int days) const {
  if (days == 0) return;
  const auto oldest = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24) * days;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder_, error);
  if (error) {
    throw Error(ExitCode::failed, "spool folder " + folder_.string() + " cannot be read: " + error.message(),
                "give it to the account that runs dw-load, mode 0700");
  }
  for (const auto& entry : entries) {
    if (!entry.path().filename().string().starts_with("batch-")) continue;
    // A batch that cannot be removed today can be tomorrow.
    if (entry.last_write_time(error) < oldest && !error) std::filesystem::remove(entry.path(), error);
  }
}

std::string read_batch_file(const std::filesystem::path& file) {
  std::string text = read_file(file, "batch");
  return looks_gzipped(text) ? gunzip(text, kLargestBatch) : text;
}

}  // namespace dw::load
