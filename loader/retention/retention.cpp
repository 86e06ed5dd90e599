#include "loader/retention/retention.h"

#include "common/util/error.h"
#include "loader/retention/in_place.h"
#include "loader/retention/none.h"

namespace dw::load {

std::unique_ptr<Retention> make_retention(const std::string& name) {
  if (name == "in-place") return std::make_unique<InPlace>();
  if (name == "none") return std::make_unique<KeepNothing>();
  throw Error(ExitCode::usage, "retention policy \"" + name + "\" is not in this version",
              "set \"retention\": \"in-place\"");
}

}  // namespace dw::load
