// What `SET sql_mode = expression` comes to, without a server: sql_mode decides how later texts are read. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace dw::load {

struct ModeScope {
  std::string session;  // @@sql_mode at present
  std::string global;
  std::map<std::string, std::string> variables;  // user variables that hold a mode, by name in lower case
};

// Understands literals, numbers, DEFAULT, @@sql_mode and @@GLOBAL.sql_mode, user variables of `scope`, and
// CONCAT, REPLACE, UPPER, LOWER, sys.list_add and sys.list_drop of these. The result is in upper case; nullopt
// for everything else.
std::optional<std::string> evaluate_sql_mode(std::string_view expression, const ModeScope& scope);

}  // namespace dw::load
