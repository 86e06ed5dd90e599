#include <string>
#include <string_view>

#include "common/sql/identifiers.h"
#include "tests/support/catch.h"

using namespace std::string_literals;
using dw::sql::Backslash;
using dw::sql::quote_identifier;
using dw::sql::quote_literal;
using dw::sql::unquote;

TEST_CASE("an identifier's backticks are doubled", "[sql]") {
  CHECK(quote_identifier("a") == "`a`");
  CHECK(quote_identifier("a`b") == "`a``b`");
  CHECK(quote_identifier("") == "``");
  CHECK(quote_identifier("`; drop table x; --") == "```; drop table x; --`");
}

TEST_CASE("a literal cannot be left from within", "[sql]") {
  CHECK(quote_literal("it's") == "'it\\'s'");
  CHECK(quote_literal("a\\") == "'a\\\\'");
  CHECK(quote_literal("\0\n\r\x1A"s) == "'\\0\\n\\r\\Z'");
  CHECK(quote_literal("\xF0\x9F\x98\x80") == "'\xF0\x9F\x98\x80'");
}

TEST_CASE("unquote gives a token's value", "[sql]") {
  CHECK(unquote("a") == "a");
  CHECK(unquote("`a``b`") == "a`b");
  CHECK(unquote("`a\\b`") == "a\\b");
  CHECK(unquote("'it''s'") == "it's");
  CHECK(unquote("'it\\'s'") == "it's");
  CHECK(unquote("'a\\nb\\%\\0'") == "a\nb\\%\0"s);
  CHECK(unquote("'a\\'", Backslash::ordinary) == "a\\");
  CHECK(unquote("\"a\"\"b\"") == "a\"b");
  CHECK(unquote("N'a'") == "a");
  CHECK(unquote("n'a'") == "a");
  CHECK(unquote("'") == "'");
  CHECK(unquote("") == "");
  CHECK(unquote("'a`") == "'a`");
}

TEST_CASE("unquote undoes both kinds of quoting for every byte", "[sql]") {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  CHECK(unquote(quote_identifier(all)) == all);
  CHECK(unquote(quote_literal(all)) == all);
}
