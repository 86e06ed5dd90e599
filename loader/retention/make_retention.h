// From the config's word to the policy.
#pragma once

#include <memory>
#include <string>

#include "loader/retention/archive/archive.h"
#include "loader/retention/retention.h"

namespace dw::load {

// `name` is one of the config's: archive, in-place, none.
std::unique_ptr<Retention> make_retention(const std::string& name, const ArchiveOptions& options);

}  // namespace dw::load
