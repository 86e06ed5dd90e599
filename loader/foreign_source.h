// The source is not the one that the mirror follows, or its data has gone back: nothing is applied until
// somebody has looked, and said so (`dw-load sync --accept-source`).
#pragma once

#include "common/util/error.h"

namespace dw::load {

inline constexpr const char* kAcceptHint =
    "nothing was applied; check source.url; if production was moved, restored or failed over to that server: "
    "dw-load sync --accept-source";

class ForeignSourceError : public Error {
 public:
  explicit ForeignSourceError(const std::string& what) : Error(ExitCode::needs_eyes, what, kAcceptHint) {}
};

}  // namespace dw::load
