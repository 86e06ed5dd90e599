#include "tests/support/server_program.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace dw::test {
namespace {

namespace fs = std::filesystem;

constexpr int template_layout = 1;  // raise it when what a template holds changes

std::string environment(const char* name, std::string_view fallback) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::string(value) : std::string(fallback);
}

fs::path mysql_root() {
  return environment("DW_MYSQL_ROOT", "/var/cache/dw/mysql-root");
}

// The first word with a digit first: "mysqld  Ver 9.7.4-2 for …", "… Ver 10.11.6-MariaDB for …".
std::string version_in(const std::string& text) {
  const std::size_t begin = text.find_first_of("0123456789", text.find("Ver "));
  if (begin == std::string::npos) throw std::runtime_error("no version in: " + text);
  return text.substr(begin, text.find_first_of(" -", text.find("-MariaDB", begin) == std::string::npos
                                                         ? begin
                                                         : text.find("-MariaDB", begin) + 1) -
                                begin);
}

// Two test programs may want a template at the same time: the second waits and then finds it.
class FileLock {
 public:
  explicit FileLock(const fs::path& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (fd_ < 0 || ::flock(fd_, LOCK_EX) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot lock " + path.string());
    }
  }
  ~FileLock() { ::close(fd_); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_;
};

void append(std::vector<std::string>& words, std::vector<std::string> more) {
  for (auto& word : more) words.push_back(std::move(word));
}

// Runs the fresh data directory once: its keys and tablespaces are then made, and root may come in over TCP.
void first_run(ServerKind kind, const fs::path& data, const fs::path& scratch) {
  const fs::path socket = scratch / "first.sock";
  auto words = server_command(kind);
  append(words, {"--datadir=" + data.string(), "--socket=" + socket.string(), "--skip-networking",
                 "--pid-file=" + (scratch / "first.pid").string(), "--tmpdir=" + scratch.string()});
  const fs::path log = scratch / "first.log";
  Process server = Process::start(words, {.stdout_file = log, .stderr_file = log});
  while (!greets(socket)) {
    if (server.wait(Milliseconds(20)))
      throw std::runtime_error("the server did not start:\n" + read_file(log));
  }
  run_or_throw({"mariadb", "--no-defaults", "--user=root", "--socket=" + socket.string()},
               {.stdin_text = "CREATE USER IF NOT EXISTS root@'127.0.0.1';\n"
                              "GRANT ALL PRIVILEGES ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n"
                              "GRANT PROXY ON ''@'' TO root@'127.0.0.1' WITH GRANT OPTION;\n"});
  server.terminate();
}

void initialise(ServerKind kind, const fs::path& data, const fs::path& scratch) {
  if (kind == ServerKind::mariadb) {
    std::vector<std::string> words{"mariadb-install-db",
                                   "--no-defaults",
                                   "--auth-root-authentication-method=normal",
                                   "--skip-test-db",
                                   "--innodb-log-file-size=16M",
                                   "--datadir=" + data.string()};
    if (::geteuid() == 0) words.emplace_back("--user=root");
    run_or_throw(words);
  } else {
    auto words = server_command(kind);
    append(words, {"--datadir=" + data.string(), "--initialize-insecure"});
    run_or_throw(words);
  }
  first_run(kind, data, scratch);
  fs::remove(data / "auto.cnf");  // each copy is a server of its own
}

// The first folder that this account can write in.
fs::path template_cache() {
  const std::string own = environment("HOME", "/tmp") + "/.cache/dw/templates";
  for (const std::string& folder : {environment("DW_TEST_CACHE", "/var/cache/dw/templates"), own}) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (!error && ::access(folder.c_str(), W_OK) == 0) return folder;
  }
  throw std::runtime_error(
      "no folder for data directory templates can be written; name one in DW_TEST_CACHE");
}

// The template's path, made first where it is missing.
fs::path data_template(ServerKind kind) {
  const fs::path cache = template_cache();
  const std::string name = std::string(to_string(kind)) + "-" + server_version(kind) + "-" +
                           std::to_string(template_layout) + "-uid" + std::to_string(::geteuid());
  fs::path ready = cache / name;
  if (fs::exists(ready)) return ready;
  const FileLock lock(cache / (name + ".lock"));
  if (fs::exists(ready)) return ready;
  const fs::path building = cache / (name + ".building");
  fs::remove_all(building);  // what a run that was killed left
  const TempDir scratch;
  initialise(kind, building, scratch.path());
  fs::rename(building, ready);
  return ready;
}

}  // namespace

std::string_view to_string(ServerKind kind) {
  return kind == ServerKind::mariadb ? "mariadb" : "mysql";
}

bool server_available(ServerKind kind) {
  if (find_program("mariadb").empty()) return false;  // the client that tests use for both
  if (kind == ServerKind::mysql) return fs::exists(mysql_root() / ".dw-mysql-root");
  return !find_program("mariadbd").empty() && !find_program("mariadb-install-db").empty();
}

bool require_server(ServerKind kind) {
  if (server_available(kind)) return true;
  const std::string what =
      kind == ServerKind::mysql
          ? "MySQL is not at " + mysql_root().string() + " (make it with scripts/mysql-root)"
          : "MariaDB is not installed (scripts/install-packages --test)";
  if (environment("DW_REQUIRE_SERVERS", "0") == "1") throw std::runtime_error(what);
  std::fprintf(stderr, "\n***** SKIPPED, NOTHING WAS TESTED: %s *****\n\n", what.c_str());
  return false;
}

std::vector<std::string> mysql_root_command(std::string_view program) {
  const fs::path root = mysql_root();
  return {(root / "lib64/ld-linux-x86-64.so.2").string(), "--inhibit-cache", "--library-path",
          (root / "usr/lib/x86_64-linux-gnu").string() + ":" + (root / "usr/lib/mysql/private").string(),
          root.string() + std::string(program)};
}

std::vector<std::string> server_command(ServerKind kind) {
  std::vector<std::string> words;
  if (kind == ServerKind::mariadb) {
    words = {find_program("mariadbd").string(), "--no-defaults", "--innodb-log-file-size=16M"};
  } else {
    words = mysql_root_command("/usr/sbin/mysqld");
    append(words, {"--no-defaults", "--basedir=" + (mysql_root() / "usr").string(), "--mysqlx=OFF",
                   "--secure-file-priv=NULL", "--innodb-redo-log-capacity=32M", "--disable-log-bin"});
  }
  if (::geteuid() == 0) words.emplace_back("--user=root");
  return words;
}

std::string server_version(ServerKind kind) {
  auto words = server_command(kind);
  words.emplace_back("--version");
  return version_in(run_or_throw(words));
}

void make_data_directory(ServerKind kind, const fs::path& destination) {
  run_or_throw(
      {"cp", "-a", "--reflink=auto", "--sparse=always", data_template(kind).string(), destination.string()});
}

bool greets(const fs::path& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = socket_path.string();
  if (name.size() >= sizeof address.sun_path) throw std::runtime_error("too long for a socket: " + name);
  std::memcpy(address.sun_path, name.data(), name.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  unsigned char header[5] = {};
  bool greeted = false;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    pollfd poll_for{fd, POLLIN, 0};
    // Byte 4 is the protocol's version in a greeting, 0xff in an error.
    greeted = ::poll(&poll_for, 1, 2000) == 1 && ::recv(fd, header, sizeof header, MSG_WAITALL) == 5 &&
              header[4] == 10;
  }
  ::close(fd);
  return greeted;
}

}  // namespace dw::test
