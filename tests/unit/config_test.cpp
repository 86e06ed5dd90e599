#include "common/util/config.h"

#include <cstdlib>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "common/util/error.h"
#include "common/util/files.h"
#include "tests/support/catch.h"

namespace {

// A config file that goes with the test.
class File {
 public:
  explicit File(const std::string& text) {
    char name[] = "/tmp/dw-config-XXXXXX";
    ::close(::mkstemp(name));
    path_ = name;
    std::ofstream(path_) << text;
  }
  ~File() { std::filesystem::remove(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

template <typename Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const dw::Error& error) {
    CHECK(error.code() == dw::ExitCode::usage);
    return error.line();
  }
  return "";
}

}  // namespace

TEST_CASE("a config may have comments, and paths are relative to it") {
  const File file("{ // where it is\n \"mysql\": {\"defaults_file\": \"x.cnf\"} /* end */ }");
  auto config = dw::ConfigObject::load(file.path());
  CHECK(config.object("mysql").path("defaults_file") == file.path().parent_path() / "x.cnf");
  CHECK_NOTHROW(config.finish());
}

TEST_CASE("an unknown key names the nearest known one") {
  const File file(R"({"spool_dri": "x"})");
  auto config = dw::ConfigObject::load(file.path());
  config.string("spool_dir", "");
  config.string("retention", "");
  CHECK_THAT(refusal([&] { config.finish(); }),
             Catch::Contains("spool_dri") && Catch::Contains("did you mean \"spool_dir\""));
}

TEST_CASE("a value of the wrong type or out of range names its key") {
  const File file(R"({"days": "x", "more": 5000, "source": {"url": 1}})");
  auto config = dw::ConfigObject::load(file.path());
  CHECK_THAT(refusal([&] { config.integer("days", 1, 0, 9); }),
             Catch::Contains("\"days\" must be a whole number"));
  CHECK_THAT(refusal([&] { config.integer("more", 1, 0, 9); }), Catch::Contains("from 0 to 9"));
  CHECK_THAT(refusal([&] { config.object("source").string("url"); }),
             Catch::Contains("\"source.url\" must be a string"));
}

TEST_CASE("broken JSON names the line") {
  const File file("{\n\"a\": 1,\n\"b\" 2\n}");
  CHECK_THAT(refusal([&] { dw::ConfigObject::load(file.path()); }), Catch::Contains("line 3"));
  CHECK_THAT(refusal([&] { dw::ConfigObject::load("/nonexistent/x.json"); }),
             Catch::Contains("cannot be read"));
}

TEST_CASE("a secret that everybody can read is refused") {
  const File file("  secret \nsecond line\n");
  ::chmod(file.path().c_str(), 0644);
  CHECK_THAT(refusal([&] { dw::read_secret(file.path(), "API key"); }), Catch::Contains("chmod o-rwx"));
  ::chmod(file.path().c_str(), 0640);
  CHECK(dw::read_secret(file.path(), "API key") == "secret");
}
