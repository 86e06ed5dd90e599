// The log as it stands in the server's general_log_file and in the files that rotations made of it. Places
// are byte offsets, of the uncompressed bytes.
//
// What a row means hangs on the rows before it: who the session is, its sql_mode, the time. Reading on where
// this object stopped costs nothing; reading from another place first reads what lies before it in that file,
// and in the files before that, unless the state file remembers the place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "extractor/file_log/log_file.h"
#include "extractor/file_log/row_reader.h"
#include "extractor/log_source.h"

namespace dw::extract {

struct FileLogSettings {
  std::filesystem::path path;  // of the current file
  std::string rotated;         // glob pattern of the others; "": path.* and path-*
  bool server_writes = true;   // a server is there that may be writing: the last row of its file is not whole
                               // before another follows
  std::optional<std::filesystem::path> state_file;  // what remember() writes
  RowReaderSettings reader;                         // without `decided`
  std::map<std::string, LineIs> decided;            // by "<fingerprint>-<offset>"
};

// Throws Error(failed, not_authorised).
class FileLogSource : public LogSource {
 public:
  explicit FileLogSource(FileLogSettings settings) : settings_(std::move(settings)) {}

  std::vector<Generation> generations() override;
  ReadEnd read(const Generation& generation, std::uint64_t index, std::uint64_t limit,
               const RowVisitor& visitor) override;
  // Reads all of it, and counts its rows, unless read() has just come to its end. The end of the file that is
  // being written is the place before its last row.
  std::optional<GenerationSize> measure(const Generation& generation) override;
  [[nodiscard]] std::string doubt() const override { return doubt_; }

  // Where the generation lay when it was last looked up; "" when it was not there.
  [[nodiscard]] std::string place_of(const Generation& generation) const override;

  // Notes in the state file what is known at the place that was read to, so that a later run can go on from
  // there. It only saves work: where it cannot be written, or names another place, nothing is lost.
  void remember();

  // Of the newest file that tells it; "" when none does.
  [[nodiscard]] const std::string& server_version() const { return server_version_; }
  // Compressed files beside the log that cannot be read.
  [[nodiscard]] const std::vector<std::string>& unreadable() const { return unreadable_; }

 private:
  struct Found {
    Generation generation;
    std::filesystem::path path;
    std::int64_t modified = 0;
    bool compressed = false;
  };
  // A file being read: bytes_ of it from offset on.
  struct Reading {
    std::string fingerprint;
    LogFile file;
    RowReader reader;
    std::string bytes;
    std::uint64_t bytes_at = 0;
    bool finished = false;  // nothing will be written to it any more
  };

  [[nodiscard]] std::vector<std::filesystem::path> candidates() const;
  [[nodiscard]] std::filesystem::path written_to(const std::vector<std::filesystem::path>& paths) const;
  std::optional<Found> look_at(const std::filesystem::path& path, bool finished);
  void add_found(Found found);
  [[nodiscard]] Micros first_time(LogFile& file, const std::optional<RowHeader>& first_dated) const;
  [[nodiscard]] const Found* find(const Generation& generation) const;

  RowReader::Step step(Reading& reading);
  std::optional<Reading> open(const Found& found, LogState state, std::uint64_t offset) const;
  std::optional<Reading> open_at(const Found& found, std::uint64_t index);
  LogState state_before(const Found& found);
  [[nodiscard]] std::optional<LogState> remembered(const Found& found, std::uint64_t index) const;
  ReadEnd hand_out(Reading& reading, const std::filesystem::path& path, std::uint64_t limit,
                   const RowVisitor& visitor);
  ReadEnd misplaced(const Found& found, std::uint64_t index);
  void note_doubt(const Reading& reading, const std::filesystem::path& path);

  FileLogSettings settings_;
  std::vector<Found> found_;
  std::optional<Reading> reading_;
  std::uint64_t reached_ = 0;  // the place in it behind the last row that was taken
  bool drained_ = false;       // reading_ has come to the end of its file
  std::string doubt_;
  std::string server_version_;
  std::vector<std::string> unreadable_;
};

}  // namespace dw::extract
