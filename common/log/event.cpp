#include "common/log/event.h"

#include <array>
#include <utility>

namespace dw {
namespace {

constexpr std::array<std::pair<std::string_view, Command>, 12> kNames{{
    {"Query", Command::query},
    {"Execute", Command::execute},
    {"Prepare", Command::prepare},
    {"Close stmt", Command::close_statement},
    {"Connect", Command::connect},
    {"Quit", Command::quit},
    {"Init DB", Command::init_db},
    {"Change user", Command::change_user},
    {"Reset stmt", Command::reset_statement},
    {"Long Data", Command::long_data},
    {"Reset Connection", Command::reset_connection},
    {"Reset connection", Command::reset_connection},  // as MariaDB writes it
}};

}  // namespace

Command command_from(std::string_view command_type) {
  for (const auto& [name, command] : kNames) {
    if (name == command_type) return command;
  }
  return Command::other;
}

std::string_view to_string(Command command) {
  for (const auto& [name, known] : kNames) {
    if (known == command) return name;
  }
  return "";
}

}  // namespace dw
