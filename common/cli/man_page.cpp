#include <algorithm>
#include <string_view>

#include "common/cli/manual.h"
#include "common/util/letter_case.h"
#include "dw_version.h"

namespace dw {
namespace {

// As a line of text that no macro or escape is read in (mdoc(7), roff(7)).
std::string text_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

// Every sentence begins on a line of its own, as mdoc wants it.
std::string sentences(std::string_view text) {
  std::string out;
  std::string line;
  const auto end_line = [&] {
    const std::size_t start = line.find_first_not_of(" \n");
    if (start != std::string::npos) {
      std::string words = line.substr(start);
      std::replace(words.begin(), words.end(), '\n', ' ');
      out += text_line(words) + "\n";
    }
    line.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    line += text[i];
    const bool ends = (text[i] == '.' || text[i] == ':' || text[i] == ';') && i + 1 < text.size() &&
                      (text[i + 1] == ' ' || text[i + 1] == '\n');
    if (ends) end_line();
  }
  end_line();
  return out;
}

std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    out += (out.empty() ? "" : ".Pp\n") + sentences(text.substr(0, end));
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return out;
}

std::string argument(const char* words) {
  return *words == '\0' ? "" : " Ar " + text_line(words);
}

std::string verbs(const Manual& manual) {
  std::string out = ".Bl -tag -width Ds\n";
  for (const ManualVerb& one : manual.verbs) {
    out += std::string(".It Cm ") + one.name + argument(one.operands) + "\n" + sentences(one.brief);
    if (*one.text != '\0') out += ".Pp\n" + paragraphs(one.text);
  }
  return out + ".El\n";
}

std::string options(const Manual& manual) {
  std::string out = ".Bl -tag -width Ds\n";
  for (const ManualOption& one : manual.options) {
    out += std::string(".It Fl \\-") + text_line(one.name) + argument(one.argument) + "\n";
    std::string prefix;
    for (const char* verb : one.verbs) prefix += (prefix.empty() ? "" : ", ") + std::string(verb);
    out += sentences(prefix.empty() ? one.text : prefix + ": " + one.text);
  }
  return out + ".El\n";
}

std::string terms(const char* title, const std::vector<ManualTerm>& all, const char* macro) {
  if (all.empty()) return "";
  std::string out = std::string(".Sh ") + title + "\n.Bl -tag -width Ds\n";
  for (const ManualTerm& one : all)
    out += std::string(".It ") + macro + text_line(one.term) + "\n" + sentences(one.text);
  return out + ".El\n";
}

std::string examples(const Manual& manual) {
  std::string out = ".Sh EXAMPLES\n";
  for (const ManualExample& one : manual.examples)
    out += sentences(std::string(one.text) + ":") + ".Bd -literal -offset indent\n" + text_line(one.command) +
           "\n.Ed\n.Pp\n";
  out.resize(out.size() - std::string_view(".Pp\n").size());
  return out;
}

}  // namespace

std::string man_page(const Manual& manual) {
  std::string out = std::string(".\\\" Made by ") + manual.name + " --help=man\n.Dd November 21, 2026\n.Dt " +
                    upper(manual.name) + " 1\n.Os dw " DW_VERSION "\n.Sh NAME\n.Nm " + manual.name +
                    "\n.Nd " + text_line(manual.brief) +
                    "\n.Sh SYNOPSIS\n.Nm\n.Op Ar verb\n.Op Ar options\n.Sh DESCRIPTION\n" +
                    paragraphs(manual.description) + ".Pp\nThe verbs are:\n" + verbs(manual) +
                    ".Pp\nThe options are:\n" + options(manual);
  for (const ManualSection& section : manual.sections)
    out += std::string(".Ss ") + section.title + "\n" + paragraphs(section.text);
  out += terms("ENVIRONMENT", manual.environment, "Ev ") + terms("FILES", manual.files, "Pa ") +
         terms("EXIT STATUS", manual.exit_codes, "") + examples(manual) + ".Sh SEE ALSO\n";
  for (std::size_t i = 0; i < manual.see_also.size(); ++i)
    out += std::string(".Xr ") + manual.see_also[i] + " 1" + (i + 1 < manual.see_also.size() ? " ,\n" : "\n");
  return out;
}

}  // namespace dw
