#include <algorithm>
#include <string_view>

#include "common/cli/manual.h"

namespace dw {
namespace {

bool is_file(const char* argument) {
  return std::string_view(argument).starts_with("FILE");
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

std::vector<std::string> verb_names(const Manual& manual) {
  std::vector<std::string> out;
  for (const ManualVerb& one : manual.verbs) out.emplace_back(one.name);
  return out;
}

std::vector<std::string> options_of(const Manual& manual, const std::string& verb) {
  std::vector<std::string> out;
  for (const ManualOption& one : manual.options) {
    if (takes(one, verb)) out.push_back(std::string("--") + one.name);
  }
  return out;
}

// The options whose argument passes, as a pattern of `case`.
template <typename Passes>
std::string options_where(const Manual& manual, Passes passes) {
  std::vector<std::string> out;
  for (const ManualOption& one : manual.options) {
    if (passes(one)) out.push_back(std::string("--") + one.name);
  }
  return joined(out, "|");
}

std::string bash_arguments(const Manual& manual) {
  std::string out;
  const auto add = [&out](const std::string& pattern, const std::string& action) {
    if (!pattern.empty()) out += "    " + pattern + ") " + action + " ;;\n";
  };
  add(options_where(manual, [](const ManualOption& one) { return is_file(one.argument); }),
      R"(mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return)");
  for (const ManualOption& one : manual.options) {
    if (one.values.empty()) continue;
    add(std::string("--") + one.name, "mapfile -t COMPREPLY < <(compgen -W \"" +
                                          joined({one.values.begin(), one.values.end()}, " ") +
                                          R"(" -- "$cur"); return)");
  }
  add(options_where(manual,
                    [](const ManualOption& one) {
                      return *one.argument != '\0' && !is_file(one.argument) && one.values.empty();
                    }),
      "return");
  return out;
}

// For single quotes inside an _arguments specification.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, text.find(". "))) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '[' || c == ']' || c == ':' || c == '\\') {
      out += std::string("\\") + c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string zsh_argument(const ManualOption& one) {
  if (*one.argument == '\0') return "";
  std::string out = std::string(":") + one.argument + ":";
  if (is_file(one.argument)) return out + "_files";
  if (!one.values.empty()) out += "(" + joined({one.values.begin(), one.values.end()}, " ") + ")";
  return out;
}

std::string function_name(const Manual& manual) {
  std::string out = std::string("_") + manual.name;
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

}  // namespace

std::string bash_completion(const Manual& manual) {
  const std::string function = function_name(manual);
  const std::vector<std::string> verbs = verb_names(manual);
  std::string out =
      "# Completion for bash, made by " + std::string(manual.name) + " --help=bash\n" + function +
      "() {\n  local cur=${COMP_WORDS[COMP_CWORD]} verb='' words='' word\n  COMPREPLY=()\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case $word in\n      " +
      joined(verbs, "|") + ") verb=$word; break ;;\n    esac\n  done\n" +
      "  case ${COMP_WORDS[COMP_CWORD-1]} in\n" + bash_arguments(manual) + "  esac\n" +
      "  if [[ $cur != -* && -z $verb ]]; then\n    words=\"" + joined(verbs, " ") +
      "\"\n  elif [[ $cur != -* ]]; then\n    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
      "    return\n  else\n    case ${verb:-" +
      verbs.front() + "} in\n";
  for (const std::string& verb : verbs)
    out += "      " + verb + ") words=\"" + joined(options_of(manual, verb), " ") + "\" ;;\n";
  return out +
         "    esac\n  fi\n  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n}\ncomplete -o "
         "filenames -F " +
         function + " " + manual.name + "\n";
}

std::string zsh_completion(const Manual& manual) {
  std::string verbs;
  for (const ManualVerb& one : manual.verbs)
    verbs += std::string(" ") + one.name + "\\:\"" + zsh_text(one.brief) + "\"";
  std::string out = std::string("#compdef ") + manual.name + "\n# Completion for zsh, made by " +
                    manual.name + " --help=zsh\n_arguments \\\n  '1:verb:((" + verbs.substr(1) + "))' \\\n";
  for (const ManualOption& one : manual.options)
    out += std::string("  '--") + one.name + "[" + zsh_text(one.text) + "]" + zsh_argument(one) + "' \\\n";
  return out + "  '*:file:_files'\n";
}

}  // namespace dw
