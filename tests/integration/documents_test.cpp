// Every command in the guides is run, in its order, on a real production and mirror; every file that they
// name is there. A block that another test tries says which: <!-- tried by: FILE -->. README's are in
// readme_commands_test.cpp.

#include "tests/support/documents.h"

#include <regex>

#include "loader/notify/run_state.h"
#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
namespace fs = std::filesystem;

namespace {

const fs::path kTree = DW_SOURCE_FOLDER;

// A machine on which the documents' places and commands are those of a pair.
class Stage {
 public:
  explicit Stage(const PairOptions& options) : pair_(options) {
    for (const char* folder : {"bin", "config", "Web", "init.d"}) fs::create_directories(pair_.file(folder));
    fs::create_symlink(DW_LOAD_PROGRAM, pair_.file("bin/dw-load"));
    fs::create_symlink(DW_EXTRACT_PROGRAM, pair_.file("bin/dw-extract"));
    // What belongs to QTS writes down how it was called.
    write_file(pair_.file("bin/crontab"), "#!/bin/sh\ncp \"$1\" \"$(dirname \"$0\")/../crontab\"\n", 0755);
    write_file(pair_.file("init.d/crond.sh"), "#!/bin/sh\necho \"$1\" >> \"$0.calls\"\n", 0755);
    write_file(
        pair_.file("config/crontab"),
        "0 4 * * * /sbin/hwclock -s\n0 1 * * * php /share/CACHEDEV1_DATA/Web/warehouse_get.php apiKey=x\n");
  }

  MirrorPair& pair() { return pair_; }

  void run_document(const std::string& name) {
    for (const DocumentBlock& block : blocks_of(kTree / name)) {
      INFO(name << ", line " << block.line << "\n" << block.text);
      if (!block.tried_by.empty()) {
        CHECK(untried_commands(block, kTree).empty());
      } else if (block.language == "sql") {
        CHECK_NOTHROW(pair_.mirror().sql(block.text));
      } else if (block.language == "sh") {
        run_script(block.text);
      }
    }
  }

 private:
  void run_script(std::string text) {
    text = replaced(text, "/etc/config/", pair_.file("config/").string());
    text = replaced(text, "/etc/init.d/", pair_.file("init.d/").string());
    text = replaced(text, "/share/CACHEDEV1_DATA/Web/", pair_.file("Web/").string());
    text = replaced(text, "shop.orders", "app.orders");
    const char* path = std::getenv("PATH");
    const ProcessResult result =
        run({"bash", "-euo", "pipefail", "-c", text},
            {.env = {{"PATH", pair_.file("bin").string() + ":" + (path == nullptr ? "/usr/bin:/bin" : path)},
                     {"DW_LOAD_CONFIG", pair_.file("load.json")},
                     {"DW_EXTRACT_CONFIG", pair_.file("extract.json")}},
             .cwd = pair_.file("")});
    INFO(result.out << result.err);
    CHECK(result.exit_code == 0);
  }

  MirrorPair pair_;
};

PairOptions with_archive(PairOptions options) {
  options.retention = "archive";
  options.verify = true;
  return options;
}

constexpr const char* kOrders =
    "CREATE DATABASE app; CREATE TABLE app.orders (id INT PRIMARY KEY, note VARCHAR(40), KEY (note)); ";

}  // namespace

TEST_CASE("what to do when …") {
  Stage stage(with_archive({}));
  stage.pair().source().sql(std::string(kOrders) + "INSERT INTO app.orders VALUES (1, 'a'), (7, 'b')");
  stage.pair().sync();
  stage.run_document("scripts/guide/what_to_do_when.md");
}

// The old copy kept what production deleted, has a row that came out otherwise, and lacks one.
TEST_CASE("from the PHP scripts: the copy is taken over with all that it kept") {
  for (const PairOptions& options : all_pairs()) {
    DYNAMIC_SECTION(name_of(options)) {
      Stage stage(with_archive(options));
      stage.pair().source().sql(std::string(kOrders) +
                                "INSERT INTO app.orders VALUES (1, 'now'), (2, 'b'), (4, 'd')");
      stage.pair().mirror().sql(std::string(kOrders) +
                                "INSERT INTO app.orders VALUES (1, 'then'), (2, 'b'), (3, 'deleted')");
      stage.run_document("scripts/guide/from_the_php_scripts.md");
      CHECK(rows_of(stage.pair().mirror(), "app.orders") == rows_of(stage.pair().source(), "app.orders"));
      CHECK(stage.pair().mirror().sql("SELECT id, note, dw_reason FROM " +
                                      newest_archive_of(stage.pair().mirror(), "app.orders") +
                                      " ORDER BY id") == "1\tthen\trepair\n3\tdeleted\tabsent\n");
      CHECK(stage.pair().mirror().sql("SELECT id FROM app_all.orders ORDER BY id") == "1\n2\n3\n4\n");
      CHECK_THAT(read_file(stage.pair().file("crontab")),
                 Catch::StartsWith("0 4 * * * /sbin/hwclock -s\n#0 1 * * * php"));
      CHECK(read_file(stage.pair().file("init.d/crond.sh.calls")) == "restart\n");
      CHECK(fs::exists(stage.pair().file("Web/mirror.html")));
    }
  }
}

TEST_CASE("what to do when … has a word for every exit code and every state") {
  const std::string guide = read_file(kTree / "scripts/guide/what_to_do_when.md");
  for (int code = 1; code <= 8; ++code)
    CHECK_THAT(guide, Catch::Contains("\n| " + std::to_string(code) + " |"));
  using dw::load::RunState;
  for (int state = 0; state <= static_cast<int>(RunState::ok); ++state) {
    const std::string name = dw::load::name_of(static_cast<RunState>(state));
    if (name == "ok") continue;
    CHECK_THAT(guide, Catch::Contains("\n| `" + name + "` |"));
  }
  // Those that only `status` has.
  for (const std::string name :
       {"well", "overdue", "suspects stay", "never synced", "first copy", "mirror unreachable"})
    CHECK_THAT(guide, Catch::Contains("\n| `" + name + "` |"));
}

TEST_CASE("the documents' links and the files that they name are there") {
  const std::regex link("\\]\\(([^)#:]+)(#[^)]*)?\\)");
  const std::regex named("`((?:scripts|common|loader|extractor|tests)/[A-Za-z0-9_/.-]*[A-Za-z0-9])`");
  for (const char* name : {"README.md", "scripts/guide/what_to_do_when.md", "scripts/guide/messages.md",
                           "scripts/guide/from_the_php_scripts.md", "common/log/what_the_log_tells.md",
                           ".github/CONTRIBUTING.md"}) {
    const std::string text = read_file(kTree / name);
    for (std::sregex_iterator at(text.begin(), text.end(), link), end; at != end; ++at) {
      INFO(name << ": " << (*at)[1]);
      CHECK(fs::exists((kTree / name).parent_path() / std::string((*at)[1])));
    }
    for (std::sregex_iterator at(text.begin(), text.end(), named), end; at != end; ++at) {
      INFO(name << ": " << (*at)[1]);
      const std::string path = (*at)[1];
      CHECK((fs::exists(kTree / path) || fs::exists(kTree / (path + ".cpp")) ||
             path.find("/release/") != std::string::npos));
    }
  }
}
