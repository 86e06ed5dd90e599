#include "loader/media_result.h"

#include "loader/notify/run_state.h"
#include "tests/support/catch.h"

using namespace dw;
using namespace dw::load;

namespace {

const Micros kNow = *parse_time("2026-11-21T03:00:00Z");
constexpr const char* kGood =
    R"({"kind":"media","status":"ok","at":"2026-11-21T02:00:00Z","seconds":9,"copied":12,"kept":1,"verified":1204,"error":""})";

RunReport report_with(const MediaResult& media) {
  RunReport report;
  report.media = media;
  return report;
}

}  // namespace

TEST_CASE("a good result of mirror-media is a part of the run's line") {
  const MediaResult media = judge_media_result(kGood, kNow, 26);
  CHECK(media.good);
  CHECK_THAT(summary(report_with(media)), Catch::EndsWith("; media: 12 copied, 1 kept, 1204 verified"));
  CHECK(state_of(report_with(media), {}, 0, kNow) == RunState::ok);
  const MediaResult unverified = judge_media_result(
      R"({"status":"ok","at":"2026-11-21T02:00:00Z","copied":0,"kept":0,"verified":null,"error":""})", kNow,
      26);
  CHECK(unverified.text == "media: 0 copied, 0 kept");
}

TEST_CASE("a failed, an old, a missing and a foreign result of mirror-media are a trouble of their own") {
  const auto trouble = [](const std::string& line, Micros now, const std::string& text) {
    const MediaResult media = judge_media_result(line, now, 26);
    CHECK_FALSE(media.good);
    CHECK_THAT(media.text, Catch::StartsWith("MEDIA FAILED: ") && Catch::Contains(text));
    const RunReport report = report_with(media);
    CHECK(state_of(report, {}, 0, kNow) == RunState::media);
    CHECK_THAT(message_of(report, RunState::media, 0), Catch::Contains(text));
  };
  trouble(R"({"status":"failed","at":"2026-11-21T02:00:00Z","error":"no \"such\" bucket"})", kNow,
          "no \"such\" bucket");
  trouble(kGood, kNow + 26 * kHour, "no result since 2026-11-21T02:00:00Z");
  trouble("", kNow, "no result yet");
  for (const char* line : {"[]", "{", R"({"status":"ok"})", R"({"status":1,"at":2})"})
    trouble(line, kNow, "cannot be read");
}

TEST_CASE("a worse state of the mirror comes before the media's") {
  RunReport report = report_with(judge_media_result("", kNow, 26));
  report.drifting_tables = 1;
  CHECK(state_of(report, {}, 0, kNow) == RunState::drift);
}
