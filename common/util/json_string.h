// Strings of JSON, where a value is not built for each: lines that both programs write by the million.
#pragma once

#include <string>
#include <string_view>

namespace dw {

// As nlohmann::json::dump writes a string, quotes included. `text` must be UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace dw
