// A small real HTTP/1.1 server in a thread of the test: it records what it is sent (webhooks) and answers
// what it was told to, well or badly (a source whose batches are wrong). No TLS. One connection after the
// other.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dw::test {

struct HttpRequest {
  std::string method{};
  std::string target{};                          // path and query, as sent
  std::string path{};                            // without the query
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string body{};
};

struct HttpResponse {
  int status = 200;
  std::string body{};
  std::map<std::string, std::string> headers = {{"Content-Type", "application/json"}};
  std::optional<std::size_t>
      declared_length{};               // says another Content-Length than the body has: a cut-off answer
  std::chrono::milliseconds delay{0};  // before anything is sent
};

class HttpListener {
 public:
  HttpListener();  // listens when this returns
  ~HttpListener();
  HttpListener(HttpListener&&) noexcept;
  HttpListener& operator=(HttpListener&&) noexcept;

  std::uint16_t port() const;
  std::string url(std::string_view path = "") const;  // http://127.0.0.1:PORT plus the path

  // What any path without a response of its own gets. At first 200 with an empty body.
  void answer(HttpResponse response);
  // What one path gets, whatever its query. Replaces an earlier one.
  void answer(std::string_view path, HttpResponse response);
  // The first request gets the first, and so on; the last one stays.
  void answer_in_turn(std::string_view path, std::vector<HttpResponse> responses);

  std::vector<HttpRequest> requests() const;
  void forget_requests();

  // True as soon as that many have come, false when the time is over first.
  bool wait_for_requests(std::size_t count, std::chrono::milliseconds timeout) const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace dw::test
