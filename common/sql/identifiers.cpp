#include "common/sql/identifiers.h"

#include "common/util/letter_case.h"

namespace dw::sql {

namespace {

// MySQL manual 11.1.1, table "Special Character Escape Sequences". \% and \_ keep their backslash.
void append_escaped(std::string& out, char c) {
  switch (c) {
    case '0':
      out += '\0';
      break;
    case 'b':
      out += '\b';
      break;
    case 'n':
      out += '\n';
      break;
    case 'r':
      out += '\r';
      break;
    case 't':
      out += '\t';
      break;
    case 'Z':
      out += '\x1A';
      break;
    case '%':
    case '_':
      out += '\\';
      out += c;
      break;
    default:
      out += c;
  }
}

}  // namespace

std::string quote_identifier(std::string_view name) {
  std::string out;
  out.reserve(name.size() + 2);
  out += '`';
  for (const char c : name) {
    if (c == '`') out += '`';
    out += c;
  }
  out += '`';
  return out;
}

std::string quote_literal(std::string_view value) {
  std::string out;
  out.reserve(value.size() + 2);
  out += '\'';
  for (const char c : value) {
    switch (c) {
      case '\0':
        out += "\\0";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\x1A':
        out += "\\Z";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\'':
        out += "\\'";
        break;
      default:
        out += c;
    }
  }
  out += '\'';
  return out;
}

std::string unquote(std::string_view token, Backslash backslash) {
  if (token.size() >= 3 && (token[0] == 'N' || token[0] == 'n') && token[1] == '\'') token.remove_prefix(1);
  if (token.size() < 2) return std::string(token);
  const char quote = token.front();
  if ((quote != '`' && quote != '"' && quote != '\'') || token.back() != quote) return std::string(token);
  token = token.substr(1, token.size() - 2);
  const bool escapes = quote != '`' && backslash == Backslash::escape;
  std::string out;
  out.reserve(token.size());
  for (std::size_t i = 0; i < token.size(); ++i) {
    const char c = token[i];
    const bool has_next = i + 1 < token.size();
    if (c == quote && has_next && token[i + 1] == quote) {
      ++i;
      out += c;
    } else if (c == '\\' && escapes && has_next) {
      append_escaped(out, token[++i]);
    } else {
      out += c;
    }
  }
  return out;
}

std::string folded(std::string_view name, bool lower_case_names) {
  return lower_case_names ? lower(name) : std::string(name);
}

}  // namespace dw::sql
