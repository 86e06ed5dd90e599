// What scripts/package made, which ctest runs before this: the archives work in a root folder that holds
// nothing but them and /etc/resolv.conf, dw-extract under a web server, with TLS and caching_sha2_password;
// install.sh works with busybox alone, as on a NAS. Needs root rights, for chroot.
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

// An account that comes in over TLS only; on MySQL with a password that the server has not in its cache.
void make_account(DatabaseServer& server, const std::string& user, const std::string& grants) {
  const std::string how = server.kind() == ServerKind::mysql ? "WITH caching_sha2_password BY" : "BY";
  server.sql("CREATE USER " + user + "@'%' IDENTIFIED " + how + " 'pa55' REQUIRE SSL; " + grants);
}

void write_option_file(const fs::path& file, const DatabaseServer& server, const std::string& user,
                       const std::string& authority, const std::string& host = "127.0.0.1") {
  write_file(file,
             "[client]\nhost=" + host + "\nport=" + std::to_string(server.port()) + "\nuser=" + user +
                 "\npassword=pa55\nssl-ca=" + authority + "\n",
             0600);
}

// A server that speaks TLS: MySQL makes its certificate itself, MariaDB is given one.
class TlsServer {
 public:
  TlsServer(ServerKind kind, ServerOptions options) : server_(start(kind, std::move(options), authority_)) {}

  DatabaseServer& server() { return server_; }
  fs::path authority() {
    return server_.kind() == ServerKind::mysql ? server_.data_directory() / "ca.pem" : authority_.ca_file();
  }

 private:
  static DatabaseServer start(ServerKind kind, ServerOptions options, CertificateAuthority& authority) {
    if (kind == ServerKind::mariadb) {
      const Certificate certificate = authority.issue();
      options.extra.push_back("--ssl-cert=" + certificate.certificate.string());
      options.extra.push_back("--ssl-key=" + certificate.key.string());
    }
    return DatabaseServer::start(kind, options);
  }

  CertificateAuthority authority_;
  DatabaseServer server_;
};

// A source and an empty mirror, and a root folder with both programs, of which dw-extract answers behind a
// web server: what that runs goes into the root folder first. The accounts have the rights that README names.
class Scene {
 public:
  Scene(ServerKind source, ServerKind mirror)
      : source_(source, {.general_log_table = true}), mirror_(mirror, {}) {
    const bool mysql_source = source == ServerKind::mysql;
    source_.server().sql(
        "CREATE DATABASE app; CREATE TABLE app.t (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(60)); "
        "INSERT INTO app.t (a) VALUES ('there before')");
    make_account(source_.server(), "dw_extract",
                 std::string("GRANT PROCESS") + (mysql_source ? ", SHOW_ROUTINE" : "") +
                     " ON *.* TO dw_extract@'%'; GRANT SELECT, INSERT, CREATE, ALTER, DROP ON mysql.* TO "
                     "dw_extract@'%'; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON app.* TO dw_extract@'%'");
    make_account(
        mirror_.server(), "dw_load",
        std::string("GRANT ALL ON app.* TO dw_load@'%'; GRANT ALL ON dw_meta.* TO dw_load@'%'; "
                    "GRANT CREATE, INSERT, SELECT ON app_archive.* TO dw_load@'%'; GRANT ALL ON "
                    "app_all.* TO dw_load@'%'") +
            (mirror == ServerKind::mysql ? "; GRANT SESSION_VARIABLES_ADMIN ON *.* TO dw_load@'%'" : ""));
    put_extract_into_the_root();
    put_load_into_the_root();
  }

  DatabaseServer& source() { return source_.server(); }
  DatabaseServer& mirror() { return mirror_.server(); }
  Root& root() { return root_; }
  ProcessResult load(std::vector<std::string> words) {
    words.insert(words.begin(), "/dw-load/dw-load");
    words.insert(words.end(), {"--config", "/dw-load/load.json"});
    return root_.inside(std::move(words));
  }

 private:
  void put_extract_into_the_root() {
    const fs::path folder = root_.file("dw-extract");
    write_option_file(folder / "extract.cnf", source(), "dw_extract", "/dw-extract/db-ca.pem");
    write_file(folder / "api.key", std::string(kApiKey) + "\n", 0600);
    write_file(
        folder / "extract.json",
        R"({"mysql": {"defaults_file": "extract.cnf"}, "databases": ["app"], "api_key_file": "api.key"})",
        0600);
    fs::copy_file(source_.authority(), folder / "db-ca.pem");
    write_file(files_ / "cgi",
               "#!/bin/sh\nexec " + find_program("chroot").string() + " '" + root_.file("").string() +
                   "' /dw-extract/dw-extract\n",
               0755);
    web_ = WebServer::lighttpd({files_ / "cgi", "/dw-extract/extract.json", authority_.issue()});
  }

  void put_load_into_the_root() {
    const fs::path folder = root_.file("dw-load");
    fs::copy_file(mirror_.authority(), folder / "db-ca.pem");
    write_option_file(folder / "mirror.cnf", mirror(), "dw_load", "/dw-load/db-ca.pem");
    write_file(folder / "api.key", std::string(kApiKey) + "\n", 0600);
    // No ca_file: the authority is one of those that came with the archive.
    write_file(folder / "ca-bundle.pem",
               read_file(folder / "ca-bundle.pem") + read_file(authority_.ca_file()));
    write_file(folder / "load.json",
               R"({"source": {"url": ")" + web_->url() + R"(", "api_key_file": "api.key"},
                   "mirror": {"defaults_file": "mirror.cnf"}, "spool_dir": "spool"})",
               0600);
  }

  TlsServer source_;
  TlsServer mirror_;
  CertificateAuthority authority_;
  TempDir files_{TempDir::Access::traversable};
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

namespace {

// All from the root folder, dw-extract under the web server too.
void try_a_mirror(Scene& scene) {
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
}

// The machine's own modules for looking up names may be built for another C library: they are not asked.
void try_names_of_hosts(Scene& scene) {
  write_file(scene.root().file("etc/hosts"), "127.0.0.1 mirror.test\n");
  write_file(scene.root().file("etc/nsswitch.conf"), "hosts: nonsense [UNAVAIL=return]\n");
  write_option_file(scene.root().file("dw-load/mirror.cnf"), scene.mirror(), "dw_load", "/dw-load/db-ca.pem",
                    "mirror.test");
  check_done(scene.load({"status"}));
}

}  // namespace

TEST_CASE("the archives' programs need nothing of their machine") {
  if (!may_chroot()) return;
  for (const ServerKind kind : {ServerKind::mysql, ServerKind::mariadb}) {
    if (!require_server(kind)) continue;
    DYNAMIC_SECTION(to_string(kind)) {
      Scene scene(kind, kind);
      for (const std::string program : {"dw-load", "dw-extract"}) {
        const ProcessResult said = scene.root().inside({"/" + program + "/" + program, "--version"});
        CHECK(said.out.starts_with(program + " "));
        CHECK(said.cpu_seconds < 0.02);
      }
      try_a_mirror(scene);
      try_names_of_hosts(scene);
    }
  }
}

namespace {

constexpr const char* kOtherLine = "0 4 * * * /sbin/hwclock -s";

// A root folder with busybox and no more, as install.sh sees a machine.
class Machine {
 public:
  explicit Machine(std::string program = "dw-load") : program_(std::move(program)), root_({program_}) {
    for (const char* folder : {"bin", "tmp", "dev", "opt", "var/spool/cron/crontabs", "unpacked"})
      fs::create_directories(root_.file(folder));
    fs::copy_file(find_program("busybox"), root_.file("bin/busybox"));
    run_or_throw({"chroot", root_.file("").string(), "/bin/busybox", "--install", "-s", "/bin"});
    write_file(root_.file("etc/passwd"), "admin:x:0:0::/:/bin/sh\n");
    write_file(root_.file("dev/null"), "");
  }

  // What a NAS under QTS has besides.
  void become_nas() const {
    for (const char* folder : {"etc/config", "etc/init.d", "share/CACHEDEV1_DATA"})
      fs::create_directories(root_.file(folder));
    write_file(root_.file("etc/config/crontab"), std::string(kOtherLine) + "\n");
    write_file(root_.file("etc/init.d/crond.sh"), "#!/bin/sh\necho $1 >> /tmp/restarts\n", 0755);
  }

  Root& root() { return root_; }
  ProcessResult install(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"/bin/sh", "/" + program_ + "/install.sh"});
    return root_.inside(std::move(arguments));
  }
  // The account's own.
  std::string own_crontab() { return read_file(root_.file("var/spool/cron/crontabs/admin")); }
  std::string crontab() { return read_file(root_.file("etc/config/crontab")); }
  std::string restarts() { return read_file(root_.file("tmp/restarts")); }

 private:
  std::string program_;
  Root root_;
};

// A machine that is a NAS.
class Nas : public Machine {
 public:
  Nas() { become_nas(); }
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
  for (const char* name : {"mirror-grants", "mirror-media", "what_to_do_when.md", "messages.md", "dw-load.1",
                           "completions/dw-load.bash", "completions/_dw-load"})
    CHECK(has(name));
  const std::string line = "*/1 * * * * " + to + "/dw-load sync --config " + to + "/load.json >/dev/null 2>" +
                           to + "/last-error # dw-load of " + to;
  CHECK(nas.crontab() == std::string(kOtherLine) + "\n" + line + "\n");
  CHECK(nas.own_crontab() == nas.crontab());
  const auto config = [&] { return read_file(nas.root().file(to.substr(1) + "/load.json")); };
  CHECK_THAT(config(), Catch::Contains("\"run_every_seconds\": 60 "));
  CHECK(nas.restarts() == "restart\n");
  CHECK((fs::status(nas.root().file(to.substr(1) + "/load.json")).permissions() & fs::perms(0077)) ==
        fs::perms::none);

  // The crontab's command runs, and says what is still to be done.
  const std::string command = line.substr(line.find('/', 4), line.find(" #") - line.find('/', 4));
  CHECK(nas.root().inside({"/bin/sh", "-c", command}).exit_code == 2);
  CHECK_THAT(read_file(nas.root().file(to.substr(1) + "/last-error")),
             Catch::Contains("api.key cannot be read"));

  // Every five minutes, and `status` knows.
  check_done(nas.install({"--minutes", "5"}));
  CHECK(nas.crontab() == std::string(kOtherLine) + "\n*/5" + line.substr(3) + "\n");
  CHECK_THAT(config(), Catch::Contains("\"run_every_seconds\": 300 "));
  CHECK((fs::status(nas.root().file(to.substr(1) + "/load.json")).permissions() & fs::perms(0077)) ==
        fs::perms::none);
  write_file(nas.root().file(to.substr(1) + "/load.json"), "{}", 0600);
  CHECK_THAT(nas.install({"--minutes", "5"}).out, Catch::Contains("put \"run_every_seconds\": 300 into"));
  CHECK(config() == "{}");

  check_done(nas.root().inside({"/bin/sh", to + "/install.sh", "--uninstall"}));
  CHECK(nas.crontab() == std::string(kOtherLine) + "\n");
  for (const char* name : {"dw-load", "mirror-grants", "mirror-media", "what_to_do_when.md", "messages.md",
                           "dw-load.1", "completions"})
    CHECK_FALSE(has(name));
  CHECK(read_file(nas.root().file(to.substr(1) + "/load.json")) == "{}");
}

TEST_CASE("install.sh without an entry, as the guide from the PHP scripts has it") {
  if (!may_chroot() || find_program("busybox").empty()) return;
  Nas nas;
  check_done(nas.install({"--no-cron"}));
  CHECK(nas.crontab() == std::string(kOtherLine) + "\n");
  CHECK_FALSE(fs::exists(nas.root().file("tmp/restarts")));
  CHECK(fs::exists(nas.root().file("share/CACHEDEV1_DATA/dw/dw-load")));
}

TEST_CASE("install.sh elsewhere: in /opt/dw, with an entry in the account's crontab") {
  if (!may_chroot() || find_program("busybox").empty()) return;
  Machine machine;
  write_file(machine.root().file("var/spool/cron/crontabs/admin"), std::string(kOtherLine) + "\n", 0600);
  check_done(machine.install());
  CHECK_THAT(machine.own_crontab(),
             Catch::StartsWith(std::string(kOtherLine) + "\n*/1 * * * * /opt/dw/dw-load sync --config ") &&
                 Catch::EndsWith(" # dw-load of /opt/dw\n"));
  check_done(machine.root().inside({"/bin/sh", "/opt/dw/install.sh", "--uninstall"}));
  CHECK(machine.own_crontab() == std::string(kOtherLine) + "\n");
}

TEST_CASE("install.sh where there is no crontab at all says what is to be run") {
  const Root unpacked({"dw-load"});
  const TempDir folder;
  fs::create_directory(folder / "bin");
  for (const char* tool :
       {"cat", "chmod", "cp", "dirname", "grep", "mkdir", "mv", "rm", "rmdir", "sed", "sha256sum"})
    fs::create_symlink(find_program(tool), folder / "bin" / tool);
  const auto install = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"/bin/sh", unpacked.file("dw-load/install.sh"), "--to", folder / "dw"});
    return run(arguments, {.env = {{"PATH", (folder / "bin").string()}}});
  };
  const ProcessResult result = install({});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err,
             Catch::Contains("there is no crontab here; have this run by other means: */1 * * * * ") &&
                 Catch::Contains("/dw/dw-load sync"));
  check_done(install({"--no-cron"}));
  CHECK_THAT(run_or_throw({folder / "dw/dw-load", "--version"}), Catch::StartsWith("dw-load "));
}

TEST_CASE("install.sh installs dw-extract, which nothing starts by the clock") {
  if (!may_chroot() || find_program("busybox").empty()) return;
  Machine machine("dw-extract");
  check_done(machine.install());
  for (const char* name : {"dw-extract", "extract.json", "dw-extract.1", "completions/dw-extract.bash",
                           "completions/_dw-extract", "messages.md"})
    CHECK(fs::exists(machine.root().file(std::string("opt/dw/") + name)));
  CHECK_FALSE(fs::exists(machine.root().file("var/spool/cron/crontabs/admin")));
  const ProcessResult runs = machine.root().inside({"/opt/dw/dw-extract", "--version"});
  CHECK_THAT(runs.out, Catch::StartsWith("dw-extract "));
  check_done(machine.root().inside({"/bin/sh", "/opt/dw/install.sh", "--uninstall"}));
  CHECK_FALSE(fs::exists(machine.root().file("opt/dw/dw-extract")));
  CHECK(fs::exists(machine.root().file("opt/dw/extract.json")));
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
