#include <algorithm>
#include <sstream>
#include <string_view>

#include "common/cli/manual.h"
#include "common/util/error.h"

namespace dw {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kTermWidth = 20;

// The words of `text`, wrapped; each line but the first begins with `indent` blanks.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (column > indent && column + 1 + word.size() > kColumns) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string paragraphs(std::string_view text, std::size_t indent) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    out += (out.empty() ? "" : "\n") + std::string(indent, ' ') +
           wrapped(std::string(text.substr(0, end)), indent) + "\n";
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return out;
}

std::string entry(const std::string& term, const std::string& text, std::size_t width = kTermWidth) {
  std::string out = "  " + term;
  if (out.size() + 1 > width) return out + "\n" + std::string(width, ' ') + wrapped(text, width) + "\n";
  out.resize(width, ' ');
  return out + wrapped(text, width) + "\n";
}

std::string term_of(const ManualOption& option) {
  return std::string("--") + option.name +
         (*option.argument == '\0' ? "" : std::string(" ") + option.argument);
}

std::string heading(const ManualOption& option) {
  if (option.verbs.empty()) return "Options of all verbs";
  std::string out = "Options of ";
  for (std::size_t i = 0; i < option.verbs.size(); ++i)
    out += (i == 0 ? "" : ", ") + std::string(option.verbs[i]);
  return out;
}

std::string options_text(const Manual& manual, const std::string& verb) {
  std::string out;
  std::string under;
  for (const ManualOption& option : manual.options) {
    if (!verb.empty() && !takes(option, verb)) continue;
    const std::string head = verb.empty() ? heading(option) : "Options";
    if (head != under) out += "\n" + head + "\n";
    under = head;
    out += entry(term_of(option), option.text);
  }
  return out;
}

std::string examples_text(const Manual& manual, const std::string& verb) {
  std::string out;
  for (const ManualExample& one : manual.examples) {
    if (!verb.empty() && verb != one.verb) continue;
    out += std::string("  ") + one.command + "\n      " + wrapped(one.text, 6) + "\n";
  }
  return out.empty() ? "" : "\nExamples\n" + out;
}

std::string terms_text(const char* title, const std::vector<ManualTerm>& terms, std::size_t width) {
  if (terms.empty()) return "";
  std::string out = std::string("\n") + title + "\n";
  for (const ManualTerm& one : terms) out += entry(one.term, one.text, width);
  return out;
}

std::string verb_help(const Manual& manual, const ManualVerb& verb) {
  const std::string operands = *verb.operands == '\0' ? "" : std::string(" ") + verb.operands;
  std::string out = std::string(manual.name) + " " + verb.name + " - " + verb.brief +
                    "\n\nUsage: " + manual.name + " " + verb.name + operands + " [OPTIONS]\n";
  if (*verb.text != '\0') out += "\n" + paragraphs(verb.text, 0);
  return out + options_text(manual, verb.name) + examples_text(manual, verb.name);
}

}  // namespace

const ManualVerb* find_verb(const Manual& manual, const std::string& name) {
  const auto found = std::find_if(manual.verbs.begin(), manual.verbs.end(),
                                  [&](const ManualVerb& verb) { return name == verb.name; });
  return found == manual.verbs.end() ? nullptr : &*found;
}

bool takes(const ManualOption& option, const std::string& verb) {
  return option.verbs.empty() ||
         std::find(option.verbs.begin(), option.verbs.end(), verb) != option.verbs.end();
}

std::string help_text(const Manual& manual, const std::string& verb) {
  if (const ManualVerb* const one = find_verb(manual, verb)) return verb_help(manual, *one);
  std::string out = std::string(manual.name) + " - " + manual.brief + "\n\nUsage: " + manual.usage + "\n\n" +
                    paragraphs(manual.description, 0) + "\nVerbs (" + manual.name +
                    " VERB --help tells more of one)\n";
  for (const ManualVerb& one : manual.verbs) {
    out += entry(std::string(one.name) + (*one.operands == '\0' ? "" : std::string(" ") + one.operands),
                 one.brief);
  }
  out += options_text(manual, "");
  for (const ManualSection& section : manual.sections)
    out += std::string("\n") + section.title + "\n" + paragraphs(section.text, 2);
  return out + terms_text("Files", manual.files, 28) + terms_text("Environment", manual.environment, 28) +
         examples_text(manual, "") + terms_text("Exit codes", manual.exit_codes, 6);
}

std::string manual_in(const Manual& manual, const std::string& form, const std::string& verb) {
  if (form.empty() || form == "text") return help_text(manual, verb);
  if (form == "man") return man_page(manual);
  if (form == "bash") return bash_completion(manual);
  if (form == "zsh") return zsh_completion(manual);
  throw Error(ExitCode::usage, "--help=" + form + " is not known", "text, man, bash or zsh");
}

}  // namespace dw
