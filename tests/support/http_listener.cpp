#include "tests/support/http_listener.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace dw::test {
namespace {

constexpr std::size_t largest_head = 65536;
constexpr int idle_limit_ms = 10'000;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> lines_of(std::string_view head) {
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", begin), head.size());
    lines.push_back(head.substr(begin, end - begin));
    begin = end + 2;
  }
  return lines;
}

// Everything before the empty line.
HttpRequest parse_head(std::string_view head) {
  HttpRequest request;
  const auto lines = lines_of(head);
  if (lines.empty()) return request;
  const std::size_t first = lines[0].find(' ');
  const std::size_t second = lines[0].rfind(' ');
  request.method = lines[0].substr(0, first);
  if (second > first) request.target = lines[0].substr(first + 1, second - first - 1);
  request.path = request.target.substr(0, request.target.find('?'));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    if (colon == std::string_view::npos) continue;
    request.headers[lower(lines[i].substr(0, colon))] = trimmed(lines[i].substr(colon + 1));
  }
  return request;
}

std::string encode(const HttpResponse& response) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " Canned\r\n";
  for (const auto& [name, value] : response.headers) text += name + ": " + value + "\r\n";
  text += "Content-Length: " + std::to_string(response.declared_length.value_or(response.body.size())) +
          "\r\nConnection: close\r\n\r\n";
  return text + response.body;
}

}  // namespace

class HttpListener::State {
 public:
  State() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), stop_(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot listen on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  ~State() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t ignored = ::write(stop_, &one, sizeof one);
    thread_.join();
    ::close(listener_);
    ::close(stop_);
  }

  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::uint16_t port() const { return port_; }

  void set_default(HttpResponse response) {
    const std::lock_guard lock(mutex_);
    default_ = std::move(response);
  }

  // Kept in reverse order: the next one is at the back.
  void set(std::string_view path, std::vector<HttpResponse> responses) {
    const std::lock_guard lock(mutex_);
    std::reverse(responses.begin(), responses.end());
    by_path_.insert_or_assign(std::string(path), std::move(responses));
  }

  std::vector<HttpRequest> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  void forget() {
    const std::lock_guard lock(mutex_);
    requests_.clear();
  }

  bool wait_for(std::size_t count, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, timeout, [&] { return requests_.size() >= count; });
  }

 private:
  // False when the listener is to stop, or nothing comes.
  bool readable(int fd, int timeout_ms) const {
    pollfd both[2] = {{fd, POLLIN, 0}, {stop_, POLLIN, 0}};
    return ::poll(both, 2, timeout_ms) > 0 && both[1].revents == 0;
  }

  void serve() {
    while (readable(listener_, -1)) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      converse(connection);
      ::close(connection);
    }
  }

  // Adds what comes until `enough`, false when the peer or the test ends it before.
  bool receive(int connection, std::string& text, const std::function<bool()>& enough) const {
    char buffer[16384];
    while (!enough()) {
      if (!readable(connection, idle_limit_ms)) return false;
      const ssize_t count = ::recv(connection, buffer, sizeof buffer, 0);
      if (count <= 0) return false;
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return true;
  }

  void converse(int connection) {
    std::string text;
    std::size_t head_end = 0;
    const bool has_head = receive(connection, text, [&] {
      head_end = text.find("\r\n\r\n");
      return head_end != std::string::npos || text.size() > largest_head;
    });
    if (!has_head || head_end == std::string::npos) return;
    HttpRequest request = parse_head(std::string_view(text).substr(0, head_end));
    request.body = text.substr(head_end + 4);
    if (request.headers.contains("expect")) send_all(connection, "HTTP/1.1 100 Continue\r\n\r\n");
    std::size_t length = 0;
    const std::string& declared = request.headers["content-length"];
    std::from_chars(declared.data(), declared.data() + declared.size(), length);
    if (!receive(connection, request.body, [&] { return request.body.size() >= length; })) return;

    const HttpResponse response = record(std::move(request));
    if (response.delay.count() > 0) {
      pollfd stopping{stop_, POLLIN, 0};
      if (::poll(&stopping, 1, static_cast<int>(response.delay.count())) > 0) return;
    }
    send_all(connection, encode(response));
    ::shutdown(connection, SHUT_WR);
  }

  HttpResponse record(HttpRequest request) {
    const std::lock_guard lock(mutex_);
    const auto own = by_path_.find(request.path);
    HttpResponse response = default_;
    if (own != by_path_.end() && !own->second.empty()) {
      response = own->second.back();
      if (own->second.size() > 1) own->second.pop_back();
    }
    requests_.push_back(std::move(request));
    came_.notify_all();
    return response;
  }

  static void send_all(int connection, std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  int listener_;
  int stop_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable came_;
  HttpResponse default_;
  std::map<std::string, std::vector<HttpResponse>, std::less<>> by_path_;
  std::vector<HttpRequest> requests_;
  std::thread thread_;  // last: it uses all of the above
};

HttpListener::HttpListener() : state_(std::make_unique<State>()) {}
HttpListener::~HttpListener() = default;
HttpListener::HttpListener(HttpListener&&) noexcept = default;
HttpListener& HttpListener::operator=(HttpListener&&) noexcept = default;

std::uint16_t HttpListener::port() const {
  return state_->port();
}
std::string HttpListener::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port()) + std::string(path);
}
void HttpListener::answer(HttpResponse response) {
  state_->set_default(std::move(response));
}
void HttpListener::answer(std::string_view path, HttpResponse response) {
  state_->set(path, {std::move(response)});
}
void HttpListener::answer_in_turn(std::string_view path, std::vector<HttpResponse> responses) {
  state_->set(path, std::move(responses));
}
std::vector<HttpRequest> HttpListener::requests() const {
  return state_->requests();
}
void HttpListener::forget_requests() {
  state_->forget();
}
bool HttpListener::wait_for_requests(std::size_t count, std::chrono::milliseconds timeout) const {
  return state_->wait_for(count, timeout);
}

}  // namespace dw::test
