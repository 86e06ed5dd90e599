#include "common/sql/readings.h"

#include <algorithm>

namespace dw::sql {

namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// What is run, and on which tables. Doubts may differ: they only make a replay more careful.
bool same(const Statement& a, const Statement& b) {
  return a.text == b.text && a.cls == b.cls && a.verb == b.verb && a.writes == b.writes && a.name == b.name &&
         a.commits == b.commits && a.temporary == b.temporary && a.chain == b.chain &&
         a.autocommit_value == b.autocommit_value;
}

}  // namespace

std::vector<LexerOptions> possible_readings(std::string_view text, LexerOptions options, SqlMode sql_mode) {
  std::vector<LexerOptions> out{options};
  const auto double_with = [&out](auto change) {
    const std::size_t before = out.size();
    for (std::size_t i = 0; i < before; ++i) {
      LexerOptions other = out[i];
      change(other);
      out.push_back(other);
    }
  };
  if (sql_mode == SqlMode::uncertain && has(text, "\""))
    double_with([](LexerOptions& other) { other.ansi_quotes = !other.ansi_quotes; });
  if (sql_mode == SqlMode::uncertain && has(text, "\\"))
    double_with([](LexerOptions& other) { other.no_backslash_escapes = !other.no_backslash_escapes; });
  const bool unknown_server = options.server.kind == ServerVersion::Kind::unknown;
  if (unknown_server && (has(text, "/*!") || has(text, "/*M!")))
    double_with([](LexerOptions& other) { other.version_comments = VersionComments::skip; });
  return out;
}

std::vector<Statement> parse_packet_surely(std::string_view packet, LexerOptions options, SqlMode sql_mode) {
  const std::vector<LexerOptions> readings = possible_readings(packet, options, sql_mode);
  std::vector<Statement> statements = parse_packet(packet, readings.front());
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const std::vector<Statement> other = parse_packet(packet, readings[i]);
    if (!std::equal(statements.begin(), statements.end(), other.begin(), other.end(), same))
      return {unreadable(packet)};
  }
  return statements;
}

}  // namespace dw::sql
