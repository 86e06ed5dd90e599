// Whether a place can be written to, found out without writing there.
#pragma once

#include <filesystem>
#include <string>

namespace dw {

// The folder, or the nearest one above it that is there.
std::filesystem::path nearest_folder(const std::filesystem::path& folder);

// Empty where files can be made, replaced and listed in the folder, making it first if it is not there; else
// what stands in the way: "/var/spool: Permission denied".
std::string why_not_writable_folder(const std::filesystem::path& folder);

// The same for a file in a folder that must be there: the file if it is there, and its folder, in which it
// is replaced.
std::string why_not_writable_file(const std::filesystem::path& file);

}  // namespace dw
