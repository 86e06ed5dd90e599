// What scripts/package made, which ctest runs before this: the archives work in a root folder that holds
// nothing but them and /etc/resolv.conf, with TLS and caching_sha2_password; install.sh works with busybox
// alone, as on a NAS. Needs root rights, for chroot.
//
//   integration_package "[figures]"   sizes of the packages, and how long the programs take to start
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <unistd.h>

#include "tests/support/catch.h"
#include "tests/support/mirror_pair.h"

using namespace dw::test;
namespace fs = std::filesystem;

namespace {

bool may_chroot() {
  if (::geteuid() == 0) return true;
  WARN("not root: packages are not tried in a root folder of their own");
  return false;
}

// The one file in the packages' folder whose name begins and ends so.
fs::path package(const std::string& begin, const std::string& end) {
  for (const auto& entry : fs::directory_iterator(DW_PACKAGES)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(begin) && name.ends_with(end)) return entry.path();
  }
  throw std::runtime_error("no " + begin + "…" + end + " in " DW_PACKAGES);
}

// A root folder with an archive unpacked in it, in a folder of the program's name, and /etc/resolv.conf.
class Root {
 public:
  explicit Root(const std::vector<std::string>& programs) {
    fs::create_directory(directory_ / "etc");
    fs::copy_file("/etc/resolv.conf", directory_ / "etc/resolv.conf");
    for (const std::string& program : programs) {
      fs::create_directory(directory_ / program);
      run_or_throw(
          {"tar", "-xzf", package(program + "-", ".tar.gz"), "-C", file(program), "--strip-components=1"});
    }
  }

  [[nodiscard]] fs::path file(const std::string& name) const { return directory_ / name; }
  [[nodiscard]] ProcessResult inside(std::vector<std::string> command) const {
    command.insert(command.begin(), {"chroot", directory_.path().string()});
    return run(command, {.env = {{"PATH", "/bin:/usr/bin:/usr/sbin:/sbin"}}});
  }

 private:
  TempDir directory_{TempDir::Access::traversable};
};

// An account that comes in over TLS only, with a password that the server has not in its cache.
void make_account(DatabaseServer& server, const std::string& user, const std::string& grants) {
  server.sql("CREATE USER " + user + "@'%' IDENTIFIED WITH caching_sha2_password BY 'pa55' REQUIRE SSL; " +
             grants);
}

void write_option_file(const fs::path& file, const DatabaseServer& server, const std::string& user,
                       const std::string& authority, const std::string& host = "127.0.0.1") {
  write_file(file,
             "[client]\nhost=" + host + "\nport=" + std::to_string(server.port()) + "\nuser=" + user +
                 "\npassword=pa55\nssl-ca=" + authority + "\n",
             0600);
}

// A source behind a web server that runs the archive's dw-extract, an empty mirror, and a root folder with
// both programs. The accounts have the rights that README names.
class Scene {
 public:
  Scene() {
    source_.sql(
        "CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(60)); "
        "INSERT INTO app.t (a) VALUES ('there before')");
    make_account(
        source_, "dw_extract",
        "GRANT PROCESS, SHOW_ROUTINE ON *.* TO dw_extract@'%'; GRANT SELECT, INSERT, CREATE, ALTER, DROP ON "
        "mysql.* TO dw_extract@'%'; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON app.* TO dw_extract@'%'");
    make_account(mirror_, "dw_load",
                 "GRANT ALL ON app.* TO dw_load@'%'; GRANT ALL ON dw_meta.* TO dw_load@'%'; GRANT CREATE, "
                 "INSERT, SELECT ON app_archive.* TO dw_load@'%'; GRANT ALL ON app_all.* TO dw_load@'%'; "
                 "GRANT SESSION_VARIABLES_ADMIN ON *.* TO dw_load@'%'");
    write_extract_files(files_.path(), (source_.data_directory() / "ca.pem").string());
    write_extract_files(root_.file("dw-extract"), "/dw-extract/db-ca.pem");
    fs::copy_file(source_.data_directory() / "ca.pem", root_.file("dw-extract/db-ca.pem"));
    web_ = WebServer::lighttpd(
        {root_.file("dw-extract/dw-extract"), files_ / "extract.json", authority_.issue()});

    fs::copy_file(mirror_.data_directory() / "ca.pem", root_.file("dw-load/db-ca.pem"));
    write_option_file(root_.file("dw-load/mirror.cnf"), mirror_, "dw_load", "/dw-load/db-ca.pem");
    write_file(root_.file("dw-load/api.key"), std::string(kApiKey) + "\n", 0600);
    // No ca_file: the authority is one of those that came with the archive.
    const fs::path bundle = root_.file("dw-load/ca-bundle.pem");
    write_file(bundle, read_file(bundle) + read_file(authority_.ca_file()));
    write_file(root_.file("dw-load/load.json"),
               R"({"source": {"url": ")" + web_->url() + R"(", "api_key_file": "api.key"},
                   "mirror": {"defaults_file": "mirror.cnf"}, "spool_dir": "spool"})",
               0600);
  }

  DatabaseServer& source() { return source_; }
  DatabaseServer& mirror() { return mirror_; }
  Root& root() { return root_; }
  ProcessResult load(std::vector<std::string> words) {
    words.insert(words.begin(), "/dw-load/dw-load");
    words.insert(words.end(), {"--config", "/dw-load/load.json"});
    return root_.inside(std::move(words));
  }

 private:
  void write_extract_files(const fs::path& folder, const std::string& authority) {
    write_option_file(folder / "extract.cnf", source_, "dw_extract", authority);
    write_file(folder / "api.key", std::string(kApiKey) + "\n", 0600);
    write_file(
        folder / "extract.json",
        R"({"mysql": {"defaults_file": "extract.cnf"}, "databases": ["app"], "api_key_file": "api.key"})",
        0600);
  }

  DatabaseServer source_ = DatabaseServer::start(ServerKind::mysql, {.general_log_table = true});
  DatabaseServer mirror_ = DatabaseServer::start(ServerKind::mysql);
  CertificateAuthority authority_;
  TempDir files_;
  Root root_{{"dw-load", "dw-extract"}};
  std::optional<WebServer> web_;
};

void check_done(const ProcessResult& result) {
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
}

}  // namespace

TEST_CASE("the packages' checksums are right") {
  run_or_throw({"sha256sum", "--quiet", "-c", "SHA256SUMS"}, {.cwd = DW_PACKAGES});
  if (!may_chroot()) return;
  for (const char* program : {"dw-load", "dw-extract"}) {
    const Root root({program});
    run_or_throw({"sha256sum", "--quiet", "-c", "SHA256SUMS"}, {.cwd = root.file(program)});
  }
}

TEST_CASE("the archives' programs need nothing of their machine") {
  if (!may_chroot() || !require_server(ServerKind::mysql)) return;
  Scene scene;
  for (const std::string program : {"dw-load", "dw-extract"}) {
    const ProcessResult said = scene.root().inside({"/" + program + "/" + program, "--version"});
    CHECK(said.out.starts_with(program + " "));
    CHECK(said.cpu_seconds < 0.02);
  }
  check_done(
      scene.root().inside({"/dw-extract/dw-extract", "status", "--config", "/dw-extract/extract.json"}));

  check_done(scene.load({"check"}));
  check_done(scene.load({"baseline"}));
  CHECK(rows_of(scene.mirror(), "app.t") == "1\tthere before\n");
  scene.source().sql(
      "INSERT INTO app.t (a) VALUES ('one'), ('zwölf'); UPDATE app.t SET a = 'two' WHERE id = 3; "
      "DELETE FROM app.t WHERE id = 1");
  check_done(scene.load({"sync"}));
  CHECK(rows_of(scene.mirror(), "app.t") == "2\tone\n3\ttwo\n");
  CHECK(scene.mirror().sql("SELECT id, a, dw_reason FROM app_archive.t") == "1\tthere before\tdelete\n");
  check_done(scene.load({"verify"}));
  check_done(scene.load({"status"}));
  check_done(scene.load({"report", "--html", "/dw-load/page.html"}));
  const ProcessResult batch =
      scene.root().inside({"/dw-extract/dw-extract", "batch", "--config", "/dw-extract/extract.json"});
  CHECK_THAT(batch.out, Catch::Contains("UPDATE app.t SET a"));

  // The machine's own modules for looking up names may be built for another C library: they are not asked.
  write_file(scene.root().file("etc/hosts"), "127.0.0.1 mirror.test\n");
  write_file(scene.root().file("etc/nsswitch.conf"), "hosts: nonsense [UNAVAIL=return]\n");
  write_option_file(scene.root().file("dw-load/mirror.cnf"), scene.mirror(), "dw_load", "/dw-load/db-ca.pem",
                    "mirror.test");
  check_done(scene.load({"status"}));
}

namespace {

constexpr const char* kOtherLine = "0 4 * * * /sbin/hwclock -s";

// A root folder like that of a NAS under QTS, as far as install.sh sees it.
class Nas {
 public:
  Nas() {
    for (const char* folder : {"bin", "tmp", "etc/config", "etc/init.d", "dev", "share/CACHEDEV1_DATA",
                               "var/spool/cron/crontabs", "unpacked"}) {
      fs::create_directories(root_.file(folder));
    }
    fs::copy_file(find_program("busybox"), root_.file("bin/busybox"));
    run_or_throw({"chroot", root_.file("").string(), "/bin/busybox", "--install", "-s", "/bin"});
    write_file(root_.file("etc/passwd"), "admin:x:0:0::/:/bin/sh\n");
    write_file(root_.file("etc/config/crontab"), std::string(kOtherLine) + "\n");
    write_file(root_.file("etc/init.d/crond.sh"), "#!/bin/sh\necho $1 >> /tmp/restarts\n", 0755);
    write_file(root_.file("dev/null"), "");
  }

  Root& root() { return root_; }
  ProcessResult install(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"/bin/sh", "/dw-load/install.sh"});
    return root_.inside(std::move(arguments));
  }
  std::string crontab() { return read_file(root_.file("etc/config/crontab")); }
  std::string restarts() { return read_file(root_.file("tmp/restarts")); }

 private:
  Root root_{{"dw-load"}};
};

}  // namespace

TEST_CASE("install.sh installs, brings up to date and uninstalls with busybox alone") {
  if (!may_chroot() || find_program("busybox").empty()) return;
  Nas nas;
  const std::string to = "/share/CACHEDEV1_DATA/dw";
  check_done(nas.install());
  const auto has = [&](const std::string& name) {
    return fs::exists(nas.root().file(to.substr(1) + "/" + name));
  };
  for (const char* name : {"mirror-grants", "mirror-media", "what_to_do_when.md", "messages.md"})
    CHECK(has(name));
  const std::string line = "*/1 * * * * " + to + "/dw-load sync --config " + to + "/load.json >/dev/null 2>" +
                           to + "/last-error # dw-load of " + to;
  CHECK(nas.crontab() == std::string(kOtherLine) + "\n" + line + "\n");
  CHECK(read_file(nas.root().file("var/spool/cron/crontabs/admin")) == nas.crontab());
  CHECK(nas.restarts() == "restart\n");
  CHECK((fs::status(nas.root().file(to.substr(1) + "/load.json")).permissions() & fs::perms(0077)) ==
        fs::perms::none);

  // The crontab's command runs, and says what is still to be done.
  const std::string command = line.substr(line.find('/', 4), line.find(" #") - line.find('/', 4));
  CHECK(nas.root().inside({"/bin/sh", "-c", command}).exit_code == 2);
  CHECK_THAT(read_file(nas.root().file(to.substr(1) + "/last-error")),
             Catch::Contains("api.key cannot be read"));

  write_file(nas.root().file(to.substr(1) + "/load.json"), "{}", 0600);
  check_done(nas.install({"--minutes", "5"}));
  CHECK(nas.crontab() == std::string(kOtherLine) + "\n*/5" + line.substr(3) + "\n");
  CHECK(read_file(nas.root().file(to.substr(1) + "/load.json")) == "{}");

  check_done(nas.root().inside({"/bin/sh", to + "/install.sh", "--uninstall"}));
  CHECK(nas.crontab() == std::string(kOtherLine) + "\n");
  for (const char* name : {"dw-load", "mirror-grants", "mirror-media", "what_to_do_when.md", "messages.md"})
    CHECK_FALSE(has(name));
  CHECK(read_file(nas.root().file(to.substr(1) + "/load.json")) == "{}");
}

TEST_CASE("install.sh refuses an archive that is not whole, and arguments that it does not know") {
  if (!may_chroot() || find_program("busybox").empty()) return;
  Nas nas;
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--minutes", "0"},
                                                    {"--minutes", "60"},
                                                    {"--to", "a b"},
                                                    {"--to"},
                                                    {"--colour"}}) {
    CHECK(nas.install(arguments).exit_code == 1);
  }
  write_file(nas.root().file("dw-load/ca-bundle.pem"), "");
  const ProcessResult result = nas.install();
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, Catch::Contains("get the archive again"));
  CHECK(nas.crontab() == std::string(kOtherLine) + "\n");
}

TEST_CASE("the archives' man pages can be read, and bash completes with what lies beside them") {
  for (const std::string program : {"dw-load", "dw-extract"}) {
    const Root root({program});
    const fs::path page = root.file(program) / (program + ".1");
    constexpr const char* kWords = "the configuration, where neither is given";
    CHECK_THAT(run_or_throw({"mandoc", "-T", "utf8", page}), Catch::Contains(kWords));
    if (!find_program("man").empty())
      CHECK_THAT(run_or_throw({"man", "-P", "cat", "-l", page}), Catch::Contains(kWords));
    const std::string completes =
        run_or_throw({"bash", "-euc", R"(. "$1"; COMP_WORDS=("$0" stat); COMP_CWORD=1
            "_${0/-/_}"; echo "${COMPREPLY[*]}")",
                      program, root.file(program) / "completions" / (program + ".bash")});
    CHECK(completes == "status\n");
    CHECK_THAT(read_file(root.file(program) / "completions" / ("_" + program)),
               Catch::StartsWith("#compdef " + program));
  }
}

namespace {

std::uintmax_t size_of_files(const fs::path& folder) {
  std::uintmax_t out = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    out += entry.is_regular_file() ? entry.file_size() : 0;
  return out;
}

// The median of 20 starts, from the start to the end as its caller sees it.
double start_up_milliseconds(const fs::path& program) {
  std::array<double, 20> times{};
  for (double& one : times) {
    const auto begin = std::chrono::steady_clock::now();
    run_or_throw({program, "--version"});
    one = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

}  // namespace

TEST_CASE("sizes and start-up times", "[figures]") {
  for (const std::string program : {"dw-load", "dw-extract"}) {
    const Root root({program});
    const double milliseconds = start_up_milliseconds(root.file(program) / program);
    CHECK(milliseconds < 20);
    std::printf("%-11s archive %.1f MB, unpacked %.1f MB, .deb %.1f MB; --version %.1f ms\n", program.c_str(),
                static_cast<double>(fs::file_size(package(program + "-", ".tar.gz"))) / 1e6,
                static_cast<double>(size_of_files(root.file(program))) / 1e6,
                static_cast<double>(fs::file_size(package(program + "_", "_amd64.deb"))) / 1e6, milliseconds);
  }
}

TEST_CASE("the Debian packages hold the programs, and name the libraries that they need") {
  const TempDir folder;
  for (const std::string program : {"dw-load", "dw-extract"}) {
    const std::string deb = package(program + "_", "_amd64.deb");
    CHECK_THAT(run_or_throw({"dpkg-deb", "--field", deb, "Depends"}), Catch::Contains("libmariadb3"));
    run_or_throw({"dpkg-deb", "-x", deb, folder.path()});
    CHECK(run_or_throw({folder / "usr/bin" / program, "--version"}).starts_with(program + " "));
  }
  CHECK(fs::exists(folder / "lib/systemd/system/dw-load.timer"));
}
