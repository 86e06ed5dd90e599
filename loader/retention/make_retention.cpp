#include "loader/retention/make_retention.h"

#include "loader/retention/in_place.h"
#include "loader/retention/none.h"

namespace dw::load {

std::unique_ptr<Retention> make_retention(const std::string& name, const ArchiveOptions& options) {
  if (name == "in-place") return std::make_unique<InPlace>(options);
  if (name == "none") return std::make_unique<KeepNothing>();
  return std::make_unique<Archive>(options);
}

}  // namespace dw::load
