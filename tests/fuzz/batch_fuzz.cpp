// The batch codec: any text is read or refused with an Error, what was encoded comes back, and an altered
// document is refused.
#include <fuzzer/FuzzedDataProvider.h>
#include <map>
#include <optional>
#include <string>

#include "common/log/batch.h"
#include "common/util/error.h"
#include "tests/fuzz/fuzz.h"

using namespace dw;
using dw::fuzz::require;

namespace {

constexpr Micros kLatest = 4'000'000'000'000'000;  // in the year 2096

bool same_event(const Event& a, const Event& b) {
  return a.generation == b.generation && a.index == b.index && a.time == b.time &&
         a.thread_id == b.thread_id && a.command == b.command && a.text == b.text &&
         a.user_host == b.user_host;
}

bool same_batch(const Batch& a, const Batch& b) {
  if (a.events.size() != b.events.size() || header_line(a.header) != header_line(b.header)) return false;
  for (std::size_t i = 0; i < a.events.size(); ++i) {
    if (!same_event(a.events[i], b.events[i])) return false;
  }
  return true;
}

std::string encoded(const Batch& batch) {
  BatchEncoder encoder;
  for (const Event& event : batch.events) encoder.add(event);
  return std::move(encoder).finish(batch.header);
}

std::optional<Batch> decoded(std::string_view text, DigestRule rule) {
  try {
    return decode_batch(text, rule);
  } catch (const Error& error) {
    require(error.code() == ExitCode::failed && !std::string_view(error.what()).empty(),
            "a refusal says why");
    return std::nullopt;
  }
}

Cursor some_cursor(FuzzedDataProvider& in) {
  return {generation_fingerprint(in.ConsumeRandomLengthString(4)), in.ConsumeIntegral<std::uint64_t>(),
          in.ConsumeIntegralInRange<Micros>(0, kLatest)};
}

std::string utf8_or_nothing(std::string text) {
  return is_utf8(text) ? text : std::string();
}

BatchHeader some_header(FuzzedDataProvider& in) {
  BatchHeader header;
  header.source.id = utf8_or_nothing(in.ConsumeRandomLengthString(8));
  header.source.globals["sql_mode"] = utf8_or_nothing(in.ConsumeRandomLengthString(8));
  header.made = in.ConsumeIntegralInRange<Micros>(0, kLatest);
  if (in.ConsumeBool()) header.after = some_cursor(in);
  header.next = some_cursor(in);
  if (in.ConsumeBool()) header.gap = Gap{some_cursor(in), some_cursor(in)};
  header.more = in.ConsumeBool();
  header.dropped["read"] = in.ConsumeIntegral<std::uint64_t>();
  header.generations = {generation_fingerprint("a"), generation_fingerprint("b")};
  if (in.ConsumeBool()) {
    const auto thread = in.ConsumeIntegral<std::uint64_t>();
    header.live =
        LiveSessions{{in.ConsumeIntegralInRange<std::uint32_t>(0, 1), in.ConsumeIntegral<std::uint64_t>()},
                     {thread},
                     {{thread, utf8_or_nothing(in.ConsumeRandomLengthString(8))}}};
  }
  return header;
}

Batch some_batch(FuzzedDataProvider& in) {
  Batch batch;
  batch.header = some_header(in);
  Event event;
  while (in.remaining_bytes() > 0 && batch.events.size() < 64) {
    if (event.generation == 0 && in.ConsumeBool()) event.generation = 1;
    event.index += 1 + in.ConsumeIntegral<std::uint16_t>();
    event.time = in.ConsumeIntegralInRange<Micros>(0, kLatest);
    event.thread_id = in.ConsumeIntegralInRange<std::uint64_t>(0, 3);
    event.command = static_cast<Command>(in.ConsumeIntegralInRange<int>(0, static_cast<int>(Command::other)));
    event.user_host = "user" + std::to_string(event.thread_id + (in.ConsumeBool() ? 10 : 0));
    event.text = in.ConsumeRandomLengthString(64);
    batch.events.push_back(event);
  }
  batch.header.event_count = batch.events.size();
  return batch;
}

void check_round_trip(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  const auto place = in.ConsumeIntegral<std::uint32_t>();
  const auto change = in.ConsumeIntegralInRange<std::uint8_t>(1, 255);
  const Batch batch = some_batch(in);
  std::string text = encoded(batch);
  const std::optional<Batch> back = decoded(text, DigestRule::required);
  require(back && same_batch(*back, batch), "what was encoded comes back");
  require(!decoded(text.substr(0, place % (text.size() - 1)), DigestRule::required), "a part is refused");
  const std::size_t at = place % text.size();
  text[at] = static_cast<char>(static_cast<std::uint8_t>(text[at]) ^ change);
  const std::optional<Batch> altered = decoded(text, DigestRule::required);
  require(!altered || same_batch(*altered, batch), "an altered batch is refused");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  decoded(text, DigestRule::required);
  if (const auto batch = decoded(text, DigestRule::optional_if_absent)) {
    const auto again = decoded(encoded(*batch), DigestRule::required);
    require(again && same_batch(*again, *batch), "what was read can be written and read again");
  }
  if (size >= 5) check_round_trip(data, size);
  return 0;
}
