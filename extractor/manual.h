// What dw-extract tells of itself.
#pragma once

#include "common/cli/manual.h"

namespace dw::extract {

const Manual& manual();

}  // namespace dw::extract
