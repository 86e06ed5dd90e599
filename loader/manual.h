// What dw-load tells of itself.
#pragma once

#include "common/cli/manual.h"

namespace dw::load {

const Manual& manual();

}  // namespace dw::load
