// The certificate authorities that a package brings along, for machines that have none where libcurl looks.
#pragma once

#include <filesystem>
#include <optional>

namespace dw::load {

// ca-bundle.pem beside the program (scripts/package puts it there); nothing where there is none.
std::optional<std::filesystem::path> bundled_authorities();

}  // namespace dw::load
