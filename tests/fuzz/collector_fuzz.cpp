// The collector over a log that does its worst between and within reads: it grows, is rotated, reads short,
// reads empty, loses its oldest generation. Over a sequence of batches every event comes once and in order;
// where the log was lost, the batch says so.
#include <algorithm>
#include <deque>
#include <fuzzer/FuzzedDataProvider.h>
#include <string>
#include <vector>

#include "extractor/collector.h"
#include "extractor/request.h"
#include "tests/fuzz/fuzz.h"

using namespace dw;
using namespace dw::extract;
using dw::fuzz::require;

namespace {

struct Table {
  std::string fingerprint;
  std::vector<int> rows;  // numbers of the events
};

// Three tables at most, as on a server: what a rotation pushes out is gone.
class WildLog : public LogSource {
 public:
  explicit WildLog(FuzzedDataProvider& in) : in_(in) { tables_.push_back({generation_fingerprint("0"), {}}); }

  void write() { tables_.back().rows.push_back(written_++); }
  void be_calm() { calm_ = true; }
  [[nodiscard]] int written() const { return written_; }

  // Something happens, or nothing.
  void stir() {
    if (calm_) return;
    switch (in_.ConsumeIntegralInRange<int>(0, 7)) {
      case 0:
        return rotate();
      case 1:
      case 2:
        return write();
      default:
        return;
    }
  }

  std::vector<Generation> generations() override {
    stir();
    std::vector<Generation> out;
    for (const Table& table : tables_) {
      if (!table.rows.empty())
        out.push_back({table.fingerprint, time_of(table.rows.front()), &table == &tables_.back()});
    }
    stir();
    return out;
  }

  ReadEnd read(const Generation& generation, std::uint64_t index, std::uint64_t limit,
               const RowVisitor& visitor) override {
    stir();
    const Table* table = find(generation);
    if (table == nullptr || table->rows.empty()) return ReadEnd::moved;
    const std::vector<int> rows = table->rows;  // a statement's reading stands still
    std::uint64_t size = rows.size();
    if (!calm_ && in_.ConsumeIntegralInRange<int>(0, 3) == 0)
      size = in_.ConsumeIntegralInRange<std::uint64_t>(1, size);
    if (index > size) return ReadEnd::past_end;
    for (std::uint64_t i = index; i < std::min(size, index + limit); ++i) {
      const std::string text = "INSERT INTO t VALUES (" + std::to_string(rows[i]) + ")";
      if (!visitor({i, i + 1, time_of(rows[i]), "shop[shop] @ h []", 1, "Query", text}))
        return ReadEnd::stopped;
    }
    stir();
    return size - index >= limit ? ReadEnd::limit : ReadEnd::log_end;
  }

  // Of a generation that is written no more this is the truth.
  std::optional<GenerationSize> measure(const Generation& generation) override {
    stir();
    const Table* table = find(generation);
    if (table == nullptr || table->rows.empty()) return std::nullopt;
    return GenerationSize{table->rows.size(), table->rows.size(), 0, time_of(table->rows.back())};
  }

  [[nodiscard]] std::string place_of(const Generation& generation) const override {
    return generation.fingerprint;
  }

 private:
  static Micros time_of(int event) { return (event + 1) * Micros{10'000'000}; }

  void rotate() {
    if (tables_.back().rows.empty()) return;  // the statement that rotates is logged
    tables_.push_back({generation_fingerprint(std::to_string(++rotations_)), {}});
    if (tables_.size() > 3) tables_.pop_front();
  }

  [[nodiscard]] const Table* find(const Generation& generation) const {
    const auto found = std::find_if(tables_.begin(), tables_.end(), [&](const Table& table) {
      return table.fingerprint == generation.fingerprint;
    });
    return found == tables_.end() ? nullptr : &*found;
  }

  FuzzedDataProvider& in_;
  std::deque<Table> tables_;  // oldest first, the last is current
  int written_ = 0;
  int rotations_ = 0;
  bool calm_ = false;
};

// Takes batch after batch and keeps count of the events.
class Reader {
 public:
  explicit Reader(LogSource& log) : log_(log) {}

  // False when the batch was the last for now.
  bool next_batch(std::uint64_t max_bytes) {
    Filter filter({{}, "dwx", false});
    CollectRequest request;
    request.after = cursor_;
    request.max_bytes = max_bytes;
    Collected out = Collector(log_, filter, nullptr, std::move(request)).run();
    cursor_ = out.next;
    const bool more = out.more;
    take(std::move(out));
    return more;
  }

  [[nodiscard]] int next_event() const { return next_event_; }

 private:
  void take(Collected out) {
    const bool gap = out.gap.has_value() || first_;
    first_ = first_ && out.events.count() == 0;
    BatchHeader header;
    header.source.id = "fuzz";
    header.next = out.next;
    header.generations = out.generations;
    const Batch batch = decode_batch(std::move(out.events).finish(header));
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
      const int event = std::stoi(batch.events[i].text.substr(batch.events[i].text.find('(') + 1));
      require(event >= next_event_, "no event comes twice");
      require(event == next_event_ || (gap && i == 0), "no event is lost without a word");
      next_event_ = event + 1;
    }
  }

  LogSource& log_;
  std::optional<Cursor> cursor_;
  bool first_ = true;  // the first batch starts with the oldest event that there is
  int next_event_ = 0;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  WildLog log(in);
  Reader reader(log);
  log.write();
  while (in.remaining_bytes() > 0) {
    for (int writes = in.ConsumeIntegralInRange<int>(0, 3); writes > 0; --writes) log.write();
    log.stir();
    try {
      reader.next_batch(in.ConsumeIntegralInRange<std::uint64_t>(1, 5'000));
    } catch (const RequestError& error) {
      // Rows were hidden behind the cursor in every one of several looks: asked again, it goes on.
      require(error.code() == ExitCode::gap, "a cursor of ours is refused for a gap only");
    }
  }
  log.be_calm();
  log.write();
  for (int batches = 0; reader.next_batch(5'000) || reader.next_event() < log.written(); ++batches) {
    require(batches < log.written() + 10, "a log that is left alone is read to its end");
  }
  require(reader.next_event() == log.written(), "every event came");
  return 0;
}
