#include "extractor/file_log_source.h"

#include <algorithm>
#include <glob.h>

#include "common/util/clock.h"
#include "common/util/error.h"
#include "common/util/files.h"
#include "extractor/file_log/local_clock.h"
#include "extractor/file_log/log_head.h"
#include "extractor/file_log/log_note.h"

namespace dw::extract {
namespace {

constexpr std::int64_t kNanosInSecond = 1'000'000'000;
constexpr std::size_t kPiece = std::size_t{1} << 20;
// How far a file's first time is looked for; only people and the order of files need it.
constexpr std::size_t kFirstTimeWithin = std::size_t{16} << 20;

std::vector<std::filesystem::path> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::filesystem::path> out;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) out.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  return out;
}

// A path whose own characters mean nothing to glob().
std::string literal(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

bool is_foreign_archive(const std::filesystem::path& path) {
  const std::string extension = path.extension();
  return extension == ".xz" || extension == ".zst" || extension == ".bz2" || extension == ".lz4";
}

}  // namespace

std::vector<std::filesystem::path> FileLogSource::candidates() const {
  std::vector<std::filesystem::path> out{settings_.path};
  std::vector<std::string> patterns{settings_.rotated};
  if (settings_.rotated.empty()) patterns = {literal(settings_.path) + ".*", literal(settings_.path) + "-*"};
  for (const std::string& pattern : patterns) {
    for (auto& path : matches(pattern)) {
      if (path != settings_.path) out.push_back(std::move(path));
    }
  }
  return out;
}

Micros FileLogSource::first_time(LogFile& file, const std::optional<RowHeader>& first_dated) const {
  std::optional<RowHeader> header = first_dated;
  std::string bytes;
  for (std::uint64_t at = 0; !header && at < kFirstTimeWithin; at += kPiece) {
    bytes.clear();
    if (file.read(at, kPiece + kMostHeader, bytes) == 0) break;
    header = first_dated_row(bytes);
  }
  if (!header) return file.modified() / kNanosInSecond * kSecond;
  return header->time ? *header->time : settings_.reader.to_utc(*header->local_time, 0);
}

// A file that has only a server's lines is no generation yet.
std::optional<FileLogSource::Found> FileLogSource::look_at(const std::filesystem::path& path, bool finished) {
  auto file = LogFile::open(path);
  if (!file) return std::nullopt;
  std::string bytes;
  file->read(0, kMostHead, bytes);
  const auto head = read_head(bytes, finished);
  if (!head) return std::nullopt;
  Found found;
  found.generation.current = !finished && settings_.server_writes;
  found.generation.fingerprint = head->fingerprint;
  found.generation.first_time = first_time(*file, head->first_dated);
  found.generation.cut_before = head->version.empty();
  found.path = path;
  found.modified = file->modified();
  found.compressed = file->compressed();
  if (!head->version.empty()) server_version_ = head->version;
  return found;
}

// The server writes to the file at `path`. Renamed, it is written to until the server opens a new one, and
// that begins with the server's lines.
std::filesystem::path FileLogSource::written_to(const std::vector<std::filesystem::path>& paths) const {
  std::error_code error;
  const auto size = std::filesystem::file_size(settings_.path, error);
  if (!error && size > 0) return settings_.path;
  std::filesystem::path newest;
  std::int64_t modified = 0;
  for (const auto& path : paths) {
    const auto file = LogFile::open(path);
    if (!file || file->compressed() || file->modified() < modified) continue;
    newest = path;
    modified = file->modified();
  }
  return newest;
}

std::vector<Generation> FileLogSource::generations() {
  found_.clear();
  unreadable_.clear();
  std::vector<std::filesystem::path> paths = candidates();
  const auto foreign = std::stable_partition(paths.begin(), paths.end(),
                                             [](const auto& path) { return !is_foreign_archive(path); });
  for (auto path = foreign; path != paths.end(); ++path) unreadable_.push_back(*path);
  paths.erase(foreign, paths.end());
  const std::filesystem::path written = written_to(paths);
  for (const auto& path : paths) {
    if (auto found = look_at(path, !settings_.server_writes || path != written)) add_found(std::move(*found));
  }
  // Two files of one second (MariaDB tells no more) are in the order in which they were last written;
  // compressing and renaming keep that time.
  std::stable_sort(found_.begin(), found_.end(), [](const Found& left, const Found& right) {
    return std::pair(left.generation.first_time, left.modified) <
           std::pair(right.generation.first_time, right.modified);
  });
  std::vector<Generation> out;
  for (const Found& found : found_) out.push_back(found.generation);
  return out;
}

// While a file is being compressed it is there twice.
void FileLogSource::add_found(Found found) {
  const auto same = std::find_if(found_.begin(), found_.end(), [&](const Found& other) {
    return other.generation.fingerprint == found.generation.fingerprint;
  });
  if (same == found_.end()) {
    found_.push_back(std::move(found));
  } else if (same->compressed && !found.compressed) {
    *same = std::move(found);
  }
}

const FileLogSource::Found* FileLogSource::find(const Generation& generation) const {
  const auto found = std::find_if(found_.begin(), found_.end(), [&](const Found& one) {
    return one.generation.fingerprint == generation.fingerprint;
  });
  return found == found_.end() ? nullptr : &*found;
}

std::string FileLogSource::place_of(const Generation& generation) const {
  const Found* found = find(generation);
  return found == nullptr ? std::string() : found->path.string();
}

// nullopt when another file lies there by now.
std::optional<FileLogSource::Reading> FileLogSource::open(const Found& found, LogState state,
                                                          std::uint64_t offset) const {
  auto file = LogFile::open(found.path);
  if (!file) return std::nullopt;
  std::string head;
  file->read(0, kMostHead, head);
  const auto named = read_head(head, !found.generation.current);
  if (!named || named->fingerprint != found.generation.fingerprint) return std::nullopt;
  RowReaderSettings settings = settings_.reader;
  const std::string prefix = found.generation.fingerprint + "-";
  for (const auto& [place, decision] : settings_.decided) {
    if (place.starts_with(prefix))
      settings.decided[std::strtoull(place.c_str() + prefix.size(), nullptr, 10)] = decision;
  }
  if (state.time == 0) state.time = found.generation.first_time;
  return Reading{found.generation.fingerprint,
                 std::move(*file),
                 RowReader(std::move(settings), std::move(state), offset),
                 {},
                 offset,
                 !found.generation.current};
}

// Gives the reader as many bytes as it needs.
RowReader::Step FileLogSource::step(Reading& reading) {
  bool at_end = false;
  for (;;) {
    const auto used = static_cast<std::size_t>(reading.reader.offset() - reading.bytes_at);
    const auto result = reading.reader.next(std::string_view(reading.bytes).substr(used), at_end);
    if (result != RowReader::Step::need_more) return result;
    if (at_end) return RowReader::Step::need_more;
    const auto begin = static_cast<std::size_t>(reading.reader.offset() - reading.bytes_at);
    reading.bytes.erase(0, begin);
    reading.bytes_at = reading.reader.offset();
    // A long statement takes a few large reads, not many small ones.
    const std::size_t wanted = std::max(kPiece, reading.bytes.size());
    const std::size_t read =
        reading.file.read(reading.bytes_at + reading.bytes.size(), wanted, reading.bytes);
    if (read > 0) continue;
    if (!reading.finished) return RowReader::Step::need_more;
    at_end = true;
  }
}

// The sessions that the files before this one leave.
LogState FileLogSource::state_before(const Found& found) {
  LogState state(settings_.reader.global_modes);
  for (const Found* older = found_.data(); older != &found; ++older) {
    auto reading = open(*older, std::move(state), 0);
    state = LogState(settings_.reader.global_modes);
    if (!reading) continue;
    while (step(*reading) == RowReader::Step::row) {
    }
    state = std::move(reading->reader).take_state();
  }
  return state;
}

std::optional<LogState> FileLogSource::remembered(const Found& found, std::uint64_t index) const {
  if (!settings_.state_file || !std::filesystem::exists(*settings_.state_file)) return std::nullopt;
  const auto note =
      read_log_note(read_file(*settings_.state_file, "log state"), settings_.reader.global_modes);
  if (!note || note->fingerprint != found.generation.fingerprint || note->offset != index)
    return std::nullopt;
  return note->state;
}

void FileLogSource::remember() {
  if (!settings_.state_file || !reading_) return;
  const LogNote note{reading_->fingerprint, reached_, reading_->reader.state()};
  try {
    write_file_durably(*settings_.state_file, log_note_text(note, settings_.reader.global_modes));
  } catch (const Error&) {
    return;  // the next run reads more, and that is all
  }
}

// Behind what an operator chose to pass over nothing is known but the server's version.
std::optional<FileLogSource::Reading> FileLogSource::open_at(const Found& found, std::uint64_t index) {
  if (auto state = remembered(found, index)) return open(found, std::move(*state), index);
  auto reading = open(found, state_before(found), 0);
  if (!reading) return std::nullopt;
  while (reading->reader.offset() < index) {
    const RowReader::Step result = step(*reading);
    if (result == RowReader::Step::row) continue;
    if (result != RowReader::Step::doubt) return reading;
    LogState state(settings_.reader.global_modes);
    state.version = reading->reader.state().version;
    state.time = reading->reader.state().time;
    return open(found, std::move(state), index);
  }
  return reading;
}

ReadEnd FileLogSource::read(const Generation& generation, std::uint64_t index, std::uint64_t limit,
                            const RowVisitor& visitor) {
  const Found* found = find(generation);
  if (found == nullptr) return ReadEnd::moved;
  const bool goes_on =
      reading_ && reading_->fingerprint == generation.fingerprint && reading_->reader.offset() == index;
  if (!goes_on) {
    const bool follows = index == 0 && reading_ && found != found_.data() &&
                         reading_->fingerprint == (found - 1)->generation.fingerprint;
    reading_ = follows ? open(*found, std::move(reading_->reader).take_state(), 0) : open_at(*found, index);
    if (!reading_) return ReadEnd::moved;
    if (reading_->reader.offset() != index) return misplaced(*found, index);
  }
  reading_->finished = !found->generation.current;
  return hand_out(*reading_, found->path, limit, visitor);
}

// The place lies behind the last row, or within one.
ReadEnd FileLogSource::misplaced(const Found& found, std::uint64_t index) {
  const std::uint64_t reached = reading_->reader.offset();
  reading_.reset();
  if (reached < index) return ReadEnd::past_end;
  doubt_ = found.path.string() + ", byte " + std::to_string(index) + ": no row begins there";
  return ReadEnd::doubt;
}

void FileLogSource::note_doubt(const Reading& reading, const std::filesystem::path& path) {
  const Doubt& doubt = reading.reader.doubt();
  const std::string line = std::to_string(doubt.line);
  doubt_ = path.string() + ", byte " + line +
           ": what begins there may be a row or part of the text before it (" + doubt.why + "); place " +
           reading.fingerprint + "-" + line + ", its row begins at byte " + std::to_string(doubt.row);
}

std::optional<GenerationSize> FileLogSource::measure(const Generation& generation) {
  const Found* found = find(generation);
  if (found == nullptr) return std::nullopt;
  GenerationSize size;
  if (reading_ && drained_ && reading_->fingerprint == generation.fingerprint) {
    size.end = reading_->reader.offset();
    size.last_time = reading_->reader.state().time;
    return size;
  }
  auto reading = open(*found, LogState(settings_.reader.global_modes), 0);
  if (!reading) return std::nullopt;
  while (step(*reading) == RowReader::Step::row) {
    ++size.rows;
    size.bytes += reading->reader.row().text.size();
  }
  size.end = reading->reader.offset();
  size.last_time = reading->reader.state().time;
  return size;
}

ReadEnd FileLogSource::hand_out(Reading& reading, const std::filesystem::path& path, std::uint64_t limit,
                                const RowVisitor& visitor) {
  drained_ = false;
  reached_ = reading.reader.offset();
  for (std::uint64_t rows = 0; rows < limit; ++rows) {
    switch (step(reading)) {
      case RowReader::Step::row:
        break;
      case RowReader::Step::need_more:
      case RowReader::Step::end:
        drained_ = true;
        return ReadEnd::log_end;
      case RowReader::Step::doubt:
        note_doubt(reading, path);
        return ReadEnd::doubt;
    }
    // Not taken, it comes again: the next read begins elsewhere than where the reader is.
    if (!visitor(reading.reader.row())) return ReadEnd::stopped;
    reading.reader.accept();
    reached_ = reading.reader.offset();
  }
  return ReadEnd::limit;
}

}  // namespace dw::extract
