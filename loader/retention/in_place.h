// The policy `in-place`: what takes rows away is withheld, and the row stays where it was.
//
// Its limits: a kept row still owns its keys, so a later row with the same key fails or replaces it, and an
// ALTER that adds a UNIQUE key can fail on kept rows (facts.md, "Never-delete on a mirror"). Live tables are
// a superset of production's.
#pragma once

#include "loader/retention/retention.h"

namespace dw::load {

class InPlace : public Retention {
 public:
  [[nodiscard]] Ruling rule(const sql::Statement& statement) const override;
};

}  // namespace dw::load
