// What scripts/mirror-media last said, so that it goes out with dw-load's own messages.
//
// It stands in a file, one line of JSON:
// {"kind":"media","status":"ok"|"failed","at":TIME,"copied":N,"kept":N, "verified":N|null,"error":TEXT}. No
// line, an old one and one that cannot be read are trouble too: whoever stops hearing of the media must be
// told so.
#pragma once

#include <cstdint>
#include <string>

#include "common/util/clock.h"

namespace dw::load {

struct MediaConfig;

struct MediaResult {
  bool good = false;
  std::string text{};  // "media: 12 copied, 1 kept, 1204 verified", "MEDIA FAILED: …"
  std::string json{};  // the line; empty where there is none that can be read
};

// `line`: the file's content, empty where there is no file.
MediaResult judge_media_result(const std::string& line, Micros now, std::int64_t max_age_hours);

// Reads the file and judges it.
MediaResult read_media_result(const MediaConfig& config);

}  // namespace dw::load
