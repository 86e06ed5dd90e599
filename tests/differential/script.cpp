#include "tests/differential/script.h"

#include <array>
#include <sstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "common/log/batch.h"

namespace dw::workload {
namespace {

using nlohmann::json;

constexpr std::array<std::pair<Action, const char*>, 6> kPlainActions{{{Action::reset, "reset"},
                                                                       {Action::change_user, "change_user"},
                                                                       {Action::quit, "quit"},
                                                                       {Action::drop, "drop"},
                                                                       {Action::use, "use"},
                                                                       {Action::kill, "kill"}}};

bool fits_a_line(std::string_view bytes) {
  for (const char c : bytes) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return is_utf8(bytes) && (bytes.empty() || (bytes.front() != ' ' && bytes.back() != ' '));
}

std::string escaped(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '%') {
      out += c;
    } else if (c == ' ' && !out.empty() && out.back() != ' ') {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string prepared_line(const Step& step) {
  json line = json::array({escaped(step.text)});
  for (const auto& parameter : step.parameters) {
    line.push_back(parameter ? json(escaped(*parameter)) : json());
  }
  return std::to_string(step.session) + " prepared: " + line.dump();
}

Step parse_prepared(int session, const std::string& text) {
  const json line = json::parse(text);
  Step step{.session = session, .action = Action::prepared, .text = unescaped(line.at(0).get<std::string>())};
  for (std::size_t i = 1; i < line.size(); ++i) {
    step.parameters.push_back(line[i].is_null() ? std::nullopt
                                                : std::optional(unescaped(line[i].get<std::string>())));
  }
  return step;
}

Step parse_global(std::istringstream& words, const std::string& first) {
  if (first == "parallel") return {.action = Action::parallel};
  Step step{.action = first == "sync" ? Action::sync : Action::wait};
  std::string word;
  while (words >> word) {
    if (word == "kill") {
      words >> step.kill_after;
    } else {
      step.number = std::stoi(word);
    }
  }
  return step;
}

Step parse_action(int session, std::istringstream& words, const std::string& name) {
  std::string argument;
  words >> argument;
  if (name == "connect") {
    Step step{.session = session, .action = Action::connect, .text = argument.empty() ? "utf8mb4" : argument};
    std::string database;
    words >> database;
    step.parameters.push_back(database == "-" ? "" : database);
    return step;
  }
  for (const auto& [action, word] : kPlainActions) {
    if (name != word) continue;
    Step step{.session = session, .action = action};
    if (action == Action::kill) step.number = std::stoi(argument);
    if (action == Action::use) step.text = argument;
    return step;
  }
  throw std::runtime_error("\"" + name + "\" is no action");
}

Step parse_line(const std::string& line) {
  std::istringstream words(line);
  std::string first;
  words >> first;
  if (first == "sync" || first == "wait" || first == "parallel") return parse_global(words, first);
  const int session = std::stoi(first);
  const auto rest_after = [&](std::string_view mark) { return line.substr(line.find(mark) + mark.size()); };
  if (first.back() == ':') return {.session = session, .text = rest_after(": ")};
  std::string name;
  words >> name;
  if (name == "%:") return {.session = session, .text = unescaped(rest_after("%: "))};
  if (name == "prepared:") return parse_prepared(session, rest_after("prepared: "));
  return parse_action(session, words, name);
}

}  // namespace

std::string to_line(const Step& step) {
  const std::string session = std::to_string(step.session);
  switch (step.action) {
    case Action::statement:
      return fits_a_line(step.text) ? session + ": " + step.text : session + " %: " + escaped(step.text);
    case Action::prepared:
      return prepared_line(step);
    case Action::connect: {
      const std::string database = step.parameters.empty() ? "" : step.parameters[0].value_or("");
      return session + " connect " + step.text + " " + (database.empty() ? "-" : database);
    }
    case Action::sync:
      return "sync" + (step.number != 0 ? " " + std::to_string(step.number) : "") +
             (step.kill_after != 0 ? " kill " + std::to_string(step.kill_after) : "");
    case Action::wait:
      return "wait " + std::to_string(step.number);
    case Action::parallel:
      return "parallel";
    default:
      break;
  }
  std::string line = session;
  for (const auto& [action, word] : kPlainActions) {
    if (step.action == action) line += std::string(" ") + word;
  }
  if (step.action == Action::use) line += " " + step.text;
  if (step.action == Action::kill) line += " " + std::to_string(step.number);
  return line;
}

std::string to_text(const Script& script) {
  std::string out;
  for (const Step& step : script) out += to_line(step) + "\n";
  return out;
}

Script parse_script(std::string_view text) {
  Script script;
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    try {
      script.push_back(parse_line(line));
    } catch (const std::exception& error) {
      throw std::runtime_error("line " + std::to_string(number) + ": " + error.what());
    }
  }
  return script;
}

}  // namespace dw::workload
