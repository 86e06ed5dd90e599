#include "loader/net/http.h"

#include <exception>
#include <memory>
#include <string_view>

#include <curl/curl.h>

#include "loader/net/authorities.h"

namespace dw::load {
namespace {

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

Handle make_handle() {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (once != CURLE_OK) throw HttpError("libcurl cannot be initialised", HttpFault::lasting, "");
  return {curl_easy_init(), curl_easy_cleanup};
}

struct Sink {
  std::string body;
  std::size_t max_bytes;
  bool overflowed = false;
  CURL* curl = nullptr;
  const std::function<void(std::string_view)>* on_data = nullptr;
  std::exception_ptr thrown{};
};

bool is_streamed(const Sink& sink) {
  long status = 0;
  curl_easy_getinfo(sink.curl, CURLINFO_RESPONSE_CODE, &status);
  constexpr long kOk = 200;
  return *sink.on_data && status == kOk;
}

// No exception may pass through libcurl's own frames.
bool hand_on(Sink& sink, std::string_view bytes) {
  try {
    (*sink.on_data)(bytes);
    return true;
  } catch (...) {
    sink.thrown = std::current_exception();
    return false;
  }
}

std::size_t receive(char* data, std::size_t size, std::size_t count, void* user) {
  auto& sink = *static_cast<Sink*>(user);
  const std::size_t bytes = size * count;
  if (is_streamed(sink)) return hand_on(sink, {data, bytes}) ? bytes : 0;
  if (sink.body.size() + bytes > sink.max_bytes) {
    sink.overflowed = true;
    return 0;
  }
  sink.body.append(data, bytes);
  return bytes;
}

HttpFault fault_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return HttpFault::passing;
    default:
      return HttpFault::lasting;
  }
}

std::string hint_for(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return "its certificate is not signed by the authority in ca_file, or is for another name";
    case CURLE_COULDNT_RESOLVE_HOST:
      return "check the host name in the URL and this machine's DNS";
    case CURLE_COULDNT_CONNECT:
      return "check that the web server runs and that the firewall lets this machine in";
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return "check the URL";
    default:
      return "";
  }
}

[[noreturn]] void fail(CURLcode code, const char* detail, const Sink& sink) {
  if (sink.overflowed) {
    throw HttpError("the answer is larger than " + std::to_string(sink.max_bytes) + " bytes",
                    HttpFault::too_large, "raise source.max_response_bytes, or lower source.max_batch_bytes");
  }
  throw HttpError(*detail != '\0' ? detail : curl_easy_strerror(code), fault_of(code), hint_for(code));
}

// libcurl gives the chain's fields as "Name:value", the server's own certificate first.
std::optional<std::int64_t> certificate_expires(CURL* curl) {
  constexpr std::string_view kField = "Expire date:";
  curl_certinfo* chain = nullptr;
  if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == nullptr) return std::nullopt;
  if (chain->num_of_certs == 0) return std::nullopt;
  for (const curl_slist* item = chain->certinfo[0]; item != nullptr; item = item->next) {
    const std::string_view field = item->data;
    if (!field.starts_with(kField)) continue;
    const time_t when = curl_getdate(item->data + kField.size(), nullptr);
    return when == -1 ? std::nullopt : std::optional<std::int64_t>(when);
  }
  return std::nullopt;
}

}  // namespace

HttpResponse send_http(const HttpRequest& request) {
  const Handle handle = make_handle();
  CURL* curl = handle.get();
  Sink sink{{}, request.max_bytes, false, curl, &request.on_data};
  char detail[CURL_ERROR_SIZE] = "";
  List headers(nullptr, curl_slist_free_all);
  for (const std::string& header : request.headers) {
    headers.reset(curl_slist_append(headers.release(), header.c_str()));
  }
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (!request.body.empty() || request.method != "GET") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, request.connect_timeout_seconds);
  if (request.lasts) {
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, request.timeout_seconds);
  } else {
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, request.timeout_seconds);
  }
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &sink);
  curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
  const auto authorities = request.ca_file ? request.ca_file : bundled_authorities();
  if (authorities) curl_easy_setopt(curl, CURLOPT_CAINFO, authorities->c_str());
  const CURLcode code = curl_easy_perform(curl);
  if (sink.thrown) std::rethrow_exception(sink.thrown);
  if (code != CURLE_OK) fail(code, detail, sink);
  HttpResponse response{0, std::move(sink.body), certificate_expires(curl)};
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response.status);
  return response;
}

std::string url_escape(const std::string& text) {
  const Handle handle = make_handle();
  const std::unique_ptr<char, decltype(&curl_free)> escaped(
      curl_easy_escape(handle.get(), text.data(), static_cast<int>(text.size())), curl_free);
  return escaped ? escaped.get() : "";
}

}  // namespace dw::load
