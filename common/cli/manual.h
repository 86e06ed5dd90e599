// What a program tells of itself, as one table: from it come its options, --help, the man page and the
// shells' completions, so that these cannot disagree. Pure.
#pragma once

#include <string>
#include <vector>

namespace dw {

struct ManualVerb {
  const char* name;
  const char* operands;  // "FILE..."; may be empty
  const char* brief;     // in the list of verbs
  const char* text;      // what else is worth knowing; may be empty
};

struct ManualOption {
  const char* name;                // without the two dashes
  const char* argument;            // "FILE", "SECONDS"; empty: takes none
  std::vector<const char*> verbs;  // that take it; empty: all do
  const char* text;
  std::vector<const char*> values{};  // that the argument may have, for completion; empty: any
};

struct ManualExample {
  const char* command;
  const char* text;
  const char* verb = "";  // whose it is
};

// A term and what it means: exit codes, files, variables of the environment.
struct ManualTerm {
  const char* term;
  const char* text;
};

struct ManualSection {
  const char* title;
  const char* text;  // paragraphs, an empty line between them
};

struct Manual {
  const char* name;
  const char* brief;  // one line, no full stop
  const char* usage;
  const char* description;
  std::vector<ManualVerb> verbs;  // the default one first
  std::vector<ManualOption> options;
  std::vector<ManualSection> sections;
  std::vector<ManualTerm> environment;
  std::vector<ManualTerm> files;
  std::vector<ManualTerm> exit_codes;
  std::vector<ManualExample> examples;
  std::vector<const char*> see_also;
};

const ManualVerb* find_verb(const Manual& manual, const std::string& name);  // null: there is none
bool takes(const ManualOption& option, const std::string& verb);

// For a terminal, at most 100 columns. `verb`: that verb's alone; empty: all.
std::string help_text(const Manual& manual, const std::string& verb = "");
// mdoc(7), section 1.
std::string man_page(const Manual& manual);
std::string bash_completion(const Manual& manual);
std::string zsh_completion(const Manual& manual);

// What `--help=FORM` prints: "" and "text", "man", "bash", "zsh". Throws Error(usage) for another form.
std::string manual_in(const Manual& manual, const std::string& form, const std::string& verb);

}  // namespace dw
