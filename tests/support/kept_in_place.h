// For comparing a mirror whose policy is in-place with production.
#pragma once

#include "common/mysql/connection.h"

namespace dw::test {

// Leaves in the mirror's tables what production has, as dw-load does before a batch.
void leave_productions_rows(mysql::Connection& mirror);

}  // namespace dw::test
