#include "common/sql/insert_row.h"

#include <algorithm>
#include <cctype>

#include "common/sql/identifiers.h"

namespace dw::sql {
namespace {

class InsertParser {
 public:
  explicit InsertParser(std::string_view text) : text_(text), lexer_(text) { advance(); }

  std::optional<InsertRow> parse() {
    if (!take("INSERT") || !take("INTO") || !table() || !columns() || !take("VALUES")) return std::nullopt;
    out_.head = text_.substr(0, start_of_token());
    if (!row() || token_.kind != TokenKind::end || out_.columns.size() != out_.values.size())
      return std::nullopt;
    return std::move(out_);
  }

 private:
  void advance() { token_ = lexer_.next(); }
  [[nodiscard]] std::size_t start_of_token() const {
    return static_cast<std::size_t>(token_.text.data() - text_.data());
  }

  bool take(std::string_view upper) {
    if (!token_.is(upper)) return false;
    advance();
    return true;
  }

  bool table() {
    if (!token_.is_name()) return false;
    advance();
    if (!take(".")) return true;
    if (!token_.is_name()) return false;
    advance();
    return true;
  }

  bool columns() {
    if (!take("(")) return false;
    do {
      if (!token_.is_name()) return false;
      std::string name = unquote(token_.text);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      out_.columns.push_back(std::move(name));
      advance();
    } while (take(","));
    return take(")");
  }

  bool row() {
    const std::size_t begin = start_of_token();
    if (!take("(")) return false;
    do {
      if (!value()) return false;
    } while (take(","));
    if (!token_.is(")")) return false;
    out_.row = text_.substr(begin, start_of_token() + 1 - begin);
    advance();
    return true;
  }

  bool value() {
    ValueKind kind = ValueKind::other;
    const bool is_signed = token_.is("-") || token_.is("+");
    if (is_signed) advance();
    if (token_.kind == TokenKind::number) {
      const bool integer = token_.text.find_first_not_of("0123456789") == std::string_view::npos;
      const bool zero = token_.text.find_first_not_of('0') == std::string_view::npos;
      if (integer && !is_signed) kind = zero ? ValueKind::zero : ValueKind::positive_integer;
    } else if (is_signed) {
      return false;
    } else if (token_.is("NULL")) {
      kind = ValueKind::null;
    } else if (token_.kind != TokenKind::string && token_.kind != TokenKind::hex_literal &&
               !token_.is("TRUE") && !token_.is("FALSE")) {
      return false;
    }
    out_.values.push_back(kind);
    advance();
    return token_.is(",") || token_.is(")");
  }

  std::string_view text_;
  Lexer lexer_;
  Token token_;
  InsertRow out_;
};

}  // namespace

std::optional<InsertRow> parse_insert_row(const Statement& statement) {
  // Its end must not depend on sql_mode, nor its values on anything but the text.
  if (statement.verb != Verb::insert || !statement.self_contained || statement.doubts != doubt_none)
    return std::nullopt;
  return InsertParser(statement.text).parse();
}

}  // namespace dw::sql
