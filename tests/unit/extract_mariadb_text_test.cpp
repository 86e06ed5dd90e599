#include "extractor/mariadb_text.h"
#include "tests/support/catch.h"

using dw::extract::original_bytes;
using dw::extract::original_bytes_of_execute;

TEST_CASE("an emoji is given back its bytes") {
  CHECK(original_bytes(R"(insert into t values ('a\xF0\x9F\x98\x80b'))") ==
        "insert into t values ('a\xF0\x9F\x98\x80"
        "b')");
}

TEST_CASE("bytes of a latin1 client are given back") {
  CHECK(original_bytes(R"('caf\xE9')") == "'caf\xE9'");
  CHECK(original_bytes(R"(\xFF\xFE)") == "\xFF\xFE");
}

TEST_CASE("what only looks like an escape stays") {
  for (const char* text :
       {R"('\x41')", R"('\xf0')", R"('\xG0')", R"('\x')", R"('\xF')", R"('C:\\xE9 dir')", "", "plain"}) {
    INFO(text);
    CHECK(original_bytes(text) == text);
  }
}

TEST_CASE("an emoji behind a backslash is one all the same") {
  CHECK(original_bytes(R"('\\xF0\x9F\x98\x80')") == "'\\\xF0\x9F\x98\x80'");
}

TEST_CASE("binary values of an Execute stood in the mirror as text") {
  CHECK(original_bytes_of_execute(R"('a\\x80\\b\'\xF0\x9F\x98\x80\\x41')") ==
        "'a\\\x80\\\\b\\'\xF0\x9F\x98\x80\\\\x41'");
  CHECK(original_bytes_of_execute(R"('\\xFF\\xFE\\')") == "'\\\xFF\\\xFE\\\\'");
}

TEST_CASE("text in an Execute that spells out whole characters is text") {
  CHECK(original_bytes_of_execute(R"('\\xC3\\xA9')") == R"('\\xC3\\xA9')");
}
