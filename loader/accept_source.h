// `dw-load sync --accept-source`: what answers now is the source from here on.
#pragma once

#include <string>

#include "loader/apply/applier.h"
#include "loader/net/source_client.h"

namespace dw::load {

// Where its log still has the mirror's place, the replay goes on there; else at what was logged later, by the
// clock. Every table is suspect. Gives what to say, "" where the source is the one that the mirror follows.
// Throws Error, mysql::SqlError; the mirror is then as it was.
std::string accept_source(Applier& applier, const SourceClient& source);

}  // namespace dw::load
