#include "tests/support/web_server.h"

#include <chrono>
#include <map>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace dw::test {
namespace {

namespace fs = std::filesystem;

constexpr auto kStartLimit = std::chrono::seconds(20);

// Replaces @NAME@ by its value.
std::string filled(std::string text, const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values) {
    const std::string placeholder = "@" + name + "@";
    for (std::size_t at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at)) {
      text.replace(at, placeholder.size(), value);
      at += value.size();
    }
  }
  return text;
}

// What surrounds the template: on a person's machine the distribution's own lighttpd.conf.
std::string lighttpd_main(const fs::path& directory) {
  const std::string base = directory.string();
  return "server.document-root = \"" + base + "/htdocs\"\n" + "server.bind = \"" + base + "/main.sock\"\n" +
         "server.errorlog = \"" + base + "/error.log\"\n" + "server.upload-dirs = ( \"" + base + "\" )\n" +
         "server.modules += ( \"mod_accesslog\" )\n" + "accesslog.filename = \"" + base + "/access.log\"\n" +
         "include \"site.conf\"\n";
}

// What surrounds the template: on Debian /etc/nginx/nginx.conf.
std::string nginx_main(const fs::path& directory) {
  const std::string base = directory.string();
  std::string text = "daemon off;\npid " + base + "/nginx.pid;\nworker_processes 1;\nevents {}\n";
  if (::geteuid() == 0) text += "user root;\n";
  text += "http {\n  access_log " + base + "/access.log;\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    text += "  " + std::string(kind) + "_temp_path " + base + "/" + kind + ";\n";
  }
  return text + "  include " + base + "/site.conf;\n}\n";
}

// What surrounds the template: on Debian /etc/apache2/apache2.conf after `a2enmod ssl cgid`.
std::string apache_main(const fs::path& directory) {
  const std::string base = directory.string();
  std::string text = "ServerRoot " + base + "\nServerName localhost\nPidFile " + base +
                     "/httpd.pid\nDefaultRuntimeDir " + base + "\nErrorLog " + base +
                     "/error.log\nDocumentRoot " + base + "/htdocs\n";
  for (const char* module : {"mpm_event", "authz_core", "alias", "env", "cgid", "ssl"}) {
    text += "LoadModule " + std::string(module) + "_module /usr/lib/apache2/modules/mod_" + module + ".so\n";
  }
  if (::geteuid() == 0) {
    text += "User " + std::string(kApacheUser) + "\nGroup " + std::string(kApacheUser) + "\n";
  }
  return text +
         "StartServers 1\nServerLimit 2\nThreadsPerChild 8\nMaxRequestWorkers 16\nMinSpareThreads 1\n"
         "MaxSpareThreads 16\nScriptSock " +
         base + "/cgisock\nTransferLog " + base + "/access.log\n" + "Include " + base + "/site.conf\n";
}

}  // namespace

WebServer::WebServer(Program program, const WebServerOptions& options) : program_(program) {
  write_configuration(options);
  launch();
}

WebServer WebServer::lighttpd(const WebServerOptions& options) {
  return {Program::lighttpd, options};
}
WebServer WebServer::apache(const WebServerOptions& options) {
  return {Program::apache, options};
}
WebServer WebServer::nginx(const WebServerOptions& options) {
  return {Program::nginx, options};
}

// A swap: the other object's destructor then ends the old server before it removes its directory.
WebServer& WebServer::operator=(WebServer&& other) noexcept {
  std::swap(program_, other.program_);
  std::swap(directory_, other.directory_);
  std::swap(port_, other.port_);
  std::swap(fcgiwrap_, other.fcgiwrap_);
  std::swap(process_, other.process_);
  return *this;
}

void WebServer::write_configuration(const WebServerOptions& options) {
  const fs::path cgi = directory_ / "dw-extract";
  fs::create_directory(directory_ / "htdocs");
  fs::copy_file(options.cgi_program, cgi);
  fs::permissions(cgi, fs::perms(0755));
  write_file(directory_ / "site.conf", filled(read_file(fs::path(DW_WEB_TEMPLATES) / (name() + ".conf.in")),
                                              {{"ADDRESS", "127.0.0.1"},
                                               {"PORT", std::to_string(port())},
                                               {"CGI", cgi.string()},
                                               {"SOCKET", (directory_ / "fcgiwrap.sock").string()},
                                               {"CONFIG", options.config_file.string()},
                                               {"CERT", options.certificate.certificate.string()},
                                               {"KEY", options.certificate.key.string()}}));
  write_file(directory_ / "main.conf", program_ == Program::lighttpd ? lighttpd_main(directory_.path())
                                       : program_ == Program::apache ? apache_main(directory_.path())
                                                                     : nginx_main(directory_.path()));
}

std::string WebServer::name() const {
  return program_ == Program::lighttpd ? "lighttpd" : program_ == Program::apache ? "apache" : "nginx";
}

// -f as in Debian's unit: what the program says on stderr goes to nginx's error log.
void WebServer::launch_fcgiwrap(const SpawnOptions& spawn) {
  const fs::path socket = directory_ / "fcgiwrap.sock";
  fs::remove(socket);  // of the one before
  fcgiwrap_ = Process::start({"fcgiwrap", "-f", "-c", "2", "-s", "unix:" + socket.string()}, spawn);
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  while (!fs::exists(socket)) {
    if (fcgiwrap_->wait(Milliseconds(10)) || std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("fcgiwrap did not start:\n" + error_log());
    }
  }
}

void WebServer::launch() {
  const std::string configuration = (directory_ / "main.conf").string();
  const std::vector<std::string> words =
      program_ == Program::lighttpd ? std::vector<std::string>{"lighttpd", "-D", "-f", configuration}
      : program_ == Program::apache
          ? std::vector<std::string>{"apache2", "-DFOREGROUND", "-f", configuration}
          : std::vector<std::string>{"nginx", "-e", (directory_ / "error.log").string(), "-c", configuration};
  SpawnOptions spawn;
  spawn.stdout_file = directory_ / "output.log";
  spawn.stderr_file = directory_ / "output.log";
  // Apache's and nginx's parents must live on to end their children.
  if (program_ != Program::lighttpd) spawn.parent_death_signal = 15;
  if (program_ == Program::nginx) launch_fcgiwrap(spawn);
  const std::size_t logged = error_log().size();
  process_ = Process::start(words, spawn);
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  // Apache reads its configuration twice, and closes and opens its port in between.
  const auto is_up = [&] {
    return accepts_connections(port()) &&
           (program_ != Program::apache || error_log().find("AH00489", logged) != std::string::npos);
  };
  while (!is_up()) {
    if (process_->wait(Milliseconds(10)) || std::chrono::steady_clock::now() > deadline) {
      process_.reset();
      throw std::runtime_error("the web server did not start:\n" + error_log());
    }
  }
}

std::string WebServer::url() const {
  return "https://127.0.0.1:" + std::to_string(port()) + "/cgi-bin/dw-extract";
}

std::string WebServer::error_log() const {
  std::string text;
  for (const char* name : {"output.log", "error.log"}) {
    if (fs::exists(directory_ / name)) text += read_file(directory_ / name);
  }
  return text;
}

std::string WebServer::access_log() const {
  return fs::exists(directory_ / "access.log") ? read_file(directory_ / "access.log") : "";
}

void WebServer::stop() {
  if (process_) process_->terminate();
  process_.reset();
  fcgiwrap_.reset();
}

void WebServer::start_again() {
  stop();
  launch();
}

void WebServer::give_to_cgi_user(const fs::path& path) const {
  if (program_ != Program::apache || ::geteuid() != 0) return;
  run_or_throw({"chown", "-R", std::string(kApacheUser) + ":" + std::string(kApacheUser), path.string()});
}

}  // namespace dw::test
