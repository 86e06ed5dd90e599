// A real web server that serves one CGI program over TLS, configured by the very files that a person would
// copy (scripts/web/*.conf.in).
//
// Serves https://127.0.0.1:PORT/cgi-bin/dw-extract[/PATH_INFO], with DW_EXTRACT_CONFIG in the program's
// environment. The program is copied into the server's own directory, which it can always be reached in;
// lighttpd and nginx's fcgiwrap run it as the account that runs the test, Apache, when that is root, as
// www-data: give_to_cgi_user() makes a config, key or option file that account's own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/certificate_authority.h"
#include "tests/support/loopback_port.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace dw::test {

struct WebServerOptions {
  std::filesystem::path cgi_program{};
  std::filesystem::path config_file{};  // becomes DW_EXTRACT_CONFIG
  Certificate certificate{};
};

class WebServer {
 public:
  // All return when the server accepts connections, and throw std::runtime_error with its error log when it
  // does not start.
  static WebServer lighttpd(const WebServerOptions& options);
  static WebServer apache(const WebServerOptions& options);
  static WebServer nginx(const WebServerOptions& options);

  ~WebServer() = default;
  WebServer(WebServer&&) = default;
  WebServer& operator=(WebServer&& other) noexcept;

  std::uint16_t port() const { return port_.number(); }
  std::string url() const;  // without a slash at its end
  std::string error_log() const;
  std::string access_log() const;
  pid_t pid() const { return process_ ? process_->pid() : -1; }

  // start_again uses the same port.
  void stop();
  void start_again();

  // Makes a file, or a folder and all in it, the property of the account that runs CGI programs here. No
  // effect for the others.
  void give_to_cgi_user(const std::filesystem::path& path) const;

 private:
  enum class Program { lighttpd, apache, nginx };
  WebServer(Program program, const WebServerOptions& options);
  void write_configuration(const WebServerOptions& options);
  void launch();
  void launch_fcgiwrap(const SpawnOptions& spawn);
  std::string name() const;

  Program program_;
  TempDir directory_{TempDir::Access::traversable};
  LoopbackPort port_;
  std::optional<Process> fcgiwrap_;  // nginx's
  std::optional<Process> process_;
};

// The account that Apache runs CGI programs under, when root runs the tests.
inline constexpr std::string_view kApacheUser = "www-data";

}  // namespace dw::test
