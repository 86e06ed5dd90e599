#include "extractor/cgi_request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <vector>

#include "common/util/digest.h"
#include "common/util/letter_case.h"

namespace dw::extract {
namespace {

constexpr std::size_t kMostQueryBytes = 4U << 10;  // web servers themselves stop near 8 KiB
constexpr std::uint64_t kMostBodyBytes = 1U << 20;
constexpr std::string_view kPrefix = "/v1/";

struct Parameter {
  std::string name;
  std::string value;
  bool well_formed = true;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::vector<Parameter> split_query(std::string_view query) {
  std::vector<Parameter> out;
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), item.size() + 1));
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    const auto name = percent_decoded(item.substr(0, equals));
    const auto value = equals == std::string_view::npos ? std::optional<std::string>()
                                                        : percent_decoded(item.substr(equals + 1));
    out.push_back({name.value_or(""), value.value_or(""), name && value});
  }
  return out;
}

bool names_a_secret(const std::string& name) {
  static const std::set<std::string> secrets{"key",       "api_key", "apikey",       "api-key",
                                             "x-api-key", "token",   "access_token", "auth",
                                             "bearer",    "secret",  "password",     "authorization"};
  return secrets.contains(lower(name));
}

bool body_is_too_large(const std::string& content_length) {
  if (content_length.empty()) return false;
  std::uint64_t bytes = 0;
  const char* const end = content_length.data() + content_length.size();
  const auto [stop, error] = std::from_chars(content_length.data(), end, bytes);
  if (error == std::errc::result_out_of_range) return true;
  if (error != std::errc{} || stop != end)
    throw HttpError(400, "bad_request", "Content-Length is no number", "");
  return bytes > kMostBodyBytes;
}

// "Bearer x" (the scheme in any case, RFC 9110), else the X-Api-Key header.
std::string_view key_given(const CgiEnvironment& environment) {
  constexpr std::string_view kBearer = "bearer ";
  std::string_view value = environment.authorization;
  if (lower(std::string(value.substr(0, kBearer.size()))) != kBearer) return environment.api_key;
  value.remove_prefix(kBearer.size());
  const std::size_t begin = value.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view() : value.substr(begin);
}

Verb verb_of_path(const std::string& path) {
  const auto verb =
      path.starts_with(kPrefix) ? verb_from(std::string_view(path).substr(kPrefix.size())) : std::nullopt;
  if (!verb)
    throw HttpError(404, "not_found", "nothing is here",
                    "ask for /v1/batch, status, check, rotate, catalog, snapshot or read");
  return *verb;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

void check_before_key(const CgiEnvironment& environment) {
  if (environment.query_string.size() > kMostQueryBytes) {
    throw HttpError(413, "too_large", "the query string is over 4 KiB", "a cursor and a time need far less");
  }
  if (body_is_too_large(environment.content_length)) {
    throw HttpError(413, "too_large", "the body is over 1 MiB", "no request needs one so large");
  }
  const std::vector<Parameter> parameters = split_query(environment.query_string);
  if (std::any_of(parameters.begin(), parameters.end(),
                  [](const Parameter& p) { return names_a_secret(p.name); })) {
    throw HttpError(400, "key_in_url", "a key does not belong in a URL: logs on the way keep it",
                    "send it as Authorization: Bearer or X-Api-Key, and change the one that was sent");
  }
}

void check_key(const CgiEnvironment& environment, std::string_view key) {
  if (!key.empty() && equal_in_constant_time(key_given(environment), key)) return;
  throw HttpError(401, "not_authorised", "the key is missing or wrong",
                  "send the content of api_key_file as Authorization: Bearer or X-Api-Key",
                  {{"WWW-Authenticate", "Bearer"}});
}

Request read_cgi_request(const CgiEnvironment& environment) {
  Request request;
  request.verb = verb_of_path(environment.path_info);
  const bool posted = request.verb == Verb::rotate || request.verb == Verb::read;
  const std::string allowed = posted ? "POST" : "GET";
  if (environment.request_method != allowed) {
    throw HttpError(405, "method_not_allowed", "this is asked for with " + allowed, "", {{"Allow", allowed}});
  }
  std::set<std::string> seen;
  for (const Parameter& parameter : split_query(environment.query_string)) {
    if (!parameter.well_formed)
      throw HttpError(400, "bad_parameter", "the query string is malformed", "write name=value&…");
    if (!takes_parameter(request.verb, parameter.name)) {
      throw HttpError(400, "bad_parameter", "a parameter is unknown here",
                      request.verb == Verb::batch ? "batch takes after, since, until and max_bytes"
                                                  : "rotate and snapshot take after, the others none");
    }
    if (!seen.insert(parameter.name).second) {
      throw HttpError(400, "bad_parameter", parameter.name + " is there twice", "give it once");
    }
    set_parameter(request, parameter.name, parameter.value);
  }
  check_parameters(request);
  return request;
}

}  // namespace dw::extract
