// The policy `none`: every statement runs as it did in production, and what it takes away is gone here too.
//
// A mirror for measuring and testing: what retention costs, and whether the replay alone is right.
#pragma once

#include "loader/retention/retention.h"

namespace dw::load {

class KeepNothing : public Retention {
 public:
  [[nodiscard]] Ruling rule(const sql::Statement& /*statement*/) const override { return {}; }
};

}  // namespace dw::load
