// scripts/guide/messages.md against the sources: every message of the programs has an entry, and every entry
// is of a message that is there. A message is a string literal of two words or more that is no SQL; what is
// no message all the same is listed here, with the reason. And README against the tables that dw-load makes.

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <set>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/string_literals.h"
#include "tests/support/temp_dir.h"

namespace fs = std::filesystem;
using dw::test::read_file;
using dw::test::StringLiteral;

namespace {

const fs::path kTree = DW_SOURCE_FOLDER;
const fs::path kMessages = kTree / "scripts/guide/messages.md";

struct Exception {
  std::string_view what;
  std::string_view reason;
};

constexpr std::array kOtherFiles{
    Exception{"extractor/manual.cpp", "--help and the man page"},
    Exception{"loader/manual.cpp", "--help and the man page"},
    Exception{"common/cli/man_page.cpp", "the man page"},
    Exception{"common/cli/completion.cpp", "scripts of shells"},
    Exception{"loader/report/page/charts.cpp", "SVG"},
    Exception{"loader/report/page/page.cpp",
              "HTML, headings and captions; what is wrong comes from verdict.cpp"},
    Exception{"loader/report/page/style.h", "CSS"},
    Exception{"loader/report/prometheus.cpp", "what a metric is, for Prometheus"},
};

constexpr std::array kNoMessages{
    Exception{"Options of all verbs", "--help"},
    Exception{"VERB --help tells more of one)", "--help"},
    Exception{"set option", "a row of --statistics"},
    Exception{"record of runs", "the file is made anew where it cannot be read"},
    Exception{"notification memory", "the file is made anew where it cannot be read"},
    Exception{"not mirrored", "nothing is withheld for it"},
    Exception{"unknown body", "nothing is withheld for it"},
    Exception{"package body", "a kind of program in a catalogue"},
    Exception{"virtual generated", "of information_schema"},
    Exception{"stored generated", "of information_schema"},
    Exception{"files dns", "for the C library"},
    Exception{"started with", "of a log file's header"},
    Exception{"Access denied for", "of a log file's row"},
    Exception{"Access denied for user '", "of a log file's row"},
    Exception{"using password: YES)", "of a log file's row"},
    Exception{"using password: NO)", "of a log file's row"},
    Exception{"number, kind, log_cursor, ordinal, event_at, thread_id, user_host, database_name, settings, "
              "sql_mode, insert_id, statement, charset, server_version",
              "SQL"},
    Exception{"'table', 'out'", "SQL"},
    Exception{"'schema', 'out'", "SQL"},
    Exception{"'key update'", "SQL"},
    Exception{"next value", "of a column's default"},
    Exception{"exit %d, took %.1f s", "a format; its words stand in an entry"},
    Exception{"without key, branch", "names a row within the program"},
};

template <std::size_t size>
bool is_listed(const std::array<Exception, size>& list, std::string_view what) {
  return std::any_of(list.begin(), list.end(), [&](const Exception& one) { return one.what == what; });
}

// White space made single, and without what Markdown has put in.
std::string plain_text(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '`' || (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '|')) continue;
    const bool space = std::isspace(static_cast<unsigned char>(text[i])) != 0;
    if (!space) out += text[i];
    if (space && !out.empty() && out.back() != ' ') out += ' ';
  }
  return out;
}

// Without the joints to what stands before and behind it.
std::string trimmed(const std::string& text) {
  constexpr const char* kJoints = " ,:;(";
  const std::size_t first = text.find_first_not_of(kJoints);
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(kJoints) - first + 1);
}

bool is_plain_word(const std::string& word) {
  constexpr const char* kMarks = "\"'(),:;.?!";
  const std::size_t first = word.find_first_not_of(kMarks);
  if (first == std::string::npos) return false;
  const std::size_t last = word.find_last_not_of(kMarks);
  return last > first && std::all_of(word.begin() + static_cast<std::ptrdiff_t>(first),
                                     word.begin() + static_cast<std::ptrdiff_t>(last) + 1,
                                     [](char c) { return (c >= 'a' && c <= 'z') || c == '\''; });
}

std::ptrdiff_t plain_words_in(const std::string& text) {
  std::istringstream in(text);
  std::ptrdiff_t out = 0;
  for (std::string word; in >> word;) out += is_plain_word(word) ? 1 : 0;
  return out;
}

bool is_sql(const std::string& text) {
  const auto has = [&](const char* what) { return text.find(what) != std::string::npos; };
  return (has("SELECT ") && has(" FROM ")) || has("INSERT INTO ") || has("CREATE TABLE ") || has("WHERE ") ||
         has(" AND ") || has(" HAVING ") || has("DATETIME(") || has(" IN ('") || has("='");
}

struct Message {
  std::string place;
  std::string text;
};

std::vector<fs::path> sources() {
  std::vector<fs::path> out;
  for (const char* folder : {"common", "extractor", "loader"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kTree / folder)) {
      const std::string extension = entry.path().extension();
      if (extension == ".cpp" || extension == ".h") out.push_back(entry.path());
    }
  }
  return out;
}

std::vector<Message> literals() {
  std::vector<Message> out;
  for (const fs::path& file : sources()) {
    const std::string name = fs::relative(file, kTree);
    for (const StringLiteral& one : dw::test::string_literals_of(read_file(file))) {
      if (is_sql(one.text)) continue;
      std::istringstream text(one.text);
      for (std::string line; std::getline(text, line);)
        out.push_back({name + ":" + std::to_string(one.line), plain_text(line)});
    }
  }
  return out;
}

bool is_message(const Message& one) {
  const std::string file = one.place.substr(0, one.place.find(':'));
  return !is_listed(kOtherFiles, file) && plain_words_in(one.text) >= 2 &&
         !is_listed(kNoMessages, trimmed(one.text));
}

// What is printed: code in the first column of a table.
std::vector<std::string> entries_of(const std::string& document) {
  std::vector<std::string> out;
  std::istringstream in(document);
  for (std::string line; std::getline(in, line);) {
    const std::size_t end = line.find(" | ", 2);
    if (!line.starts_with("| `") || end == std::string::npos) continue;
    for (std::size_t open = line.find('`'); open < end; open = line.find('`', open)) {
      const std::size_t close = line.find('`', open + 1);
      out.push_back(line.substr(open + 1, close - open - 1));
      open = close + 1;
    }
  }
  return out;
}

// The parts between names, numbers and the joints at which the programs put a line together.
std::vector<std::string> parts_of(std::string entry) {
  for (std::size_t at = entry.find("…"); at != std::string::npos; at = entry.find("…"))
    entry.replace(at, std::string_view("…").size(), ";");
  std::vector<std::string> out;
  std::istringstream in(entry);
  for (std::string part; std::getline(in, part, ';');) {
    std::size_t from = 0;
    for (std::size_t at = 0; at <= part.size(); ++at) {
      if (at < part.size() && std::string_view(":,()\"").find(part[at]) == std::string_view::npos) continue;
      out.push_back(trimmed(part.substr(from, at - from)));
      from = at + 1;
    }
  }
  return out;
}

std::string anchor_of(const std::string& heading) {
  std::string out;
  for (const char c : heading) {
    if (c == ' ') out += '-';
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_')
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

}  // namespace

TEST_CASE("literals are found where the compiler finds them") {
  const auto found = dw::test::string_literals_of(R"x(#include "no.h"
f("one " // "no"
  "two" /* "no" */ "\n\"three\"", 'c', '"', 1'000, "four", R"(fi"ve)"); // "no")x");
  REQUIRE(found.size() == 3);
  CHECK(found[0].text == "one two\n\"three\"");
  CHECK(found[0].line == 2);
  CHECK(found[1].text == "four");
  CHECK(found[2].text == "fi\"ve");
}

TEST_CASE("every message has an entry in messages.md") {
  const std::string document = plain_text(read_file(kMessages));
  std::size_t messages = 0;
  for (const Message& one : literals()) {
    if (!is_message(one)) continue;
    ++messages;
    const bool has_entry = document.find(trimmed(one.text)) != std::string::npos;
    INFO(one.place << ": \"" << one.text << "\"");
    CHECK(has_entry);
  }
  CHECK(messages > 500);  // else nothing was looked at
}

TEST_CASE("every entry of messages.md is of a message that the programs have") {
  std::string all;
  for (const Message& one : literals()) all += one.text + "\n";
  const std::vector<std::string> entries = entries_of(read_file(kMessages));
  CHECK(entries.size() > 300);
  for (const std::string& entry : entries) {
    for (const std::string& part : parts_of(plain_text(entry))) {
      if (plain_words_in(part) < 2) continue;
      const bool is_printed = all.find(part) != std::string::npos;
      INFO(entry << ": \"" << part << "\"");
      CHECK(is_printed);
    }
  }
}

TEST_CASE("what is listed as no message is there") {
  std::set<std::string> texts;
  for (const Message& one : literals()) texts.insert(trimmed(one.text));
  for (const Exception& one : kNoMessages) {
    INFO(one.what);
    CHECK(texts.contains(std::string(one.what)));
  }
  for (const Exception& one : kOtherFiles) CHECK(fs::exists(kTree / one.what));
}

TEST_CASE("README's table of dw_meta has every table that dw-load makes there") {
  const std::string readme = read_file(kTree / "README.md");
  const std::string begin = "CREATE TABLE IF NOT EXISTS dw_meta.";
  int tables = 0;
  for (const fs::path& file : sources()) {
    for (const StringLiteral& one : dw::test::string_literals_of(read_file(file))) {
      if (!one.text.starts_with(begin)) continue;
      ++tables;
      const std::string name = one.text.substr(begin.size(), one.text.find(' ', begin.size()) - begin.size());
      CHECK_THAT(readme, Catch::Contains("`" + name + "`"));
    }
  }
  CHECK(tables > 10);
}

TEST_CASE("the guides' links lead to headings that are there") {
  for (const char* name : {"messages.md", "what_to_do_when.md"}) {
    std::istringstream in(read_file(kTree / "scripts/guide" / name));
    std::set<std::string> anchors;
    std::vector<std::string> links;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("#")) anchors.insert(anchor_of(line.substr(line.find_first_not_of("# "))));
      for (std::size_t at = line.find("](#"); at != std::string::npos; at = line.find("](#", at + 1))
        links.push_back(line.substr(at + 3, line.find(')', at) - at - 3));
    }
    CHECK(links.size() > 5);
    for (const std::string& link : links) {
      INFO(name << ": #" << link);
      CHECK(anchors.contains(link));
    }
  }
}
