#include "common/log/cursor.h"
#include "tests/support/catch.h"

using dw::Cursor;

TEST_CASE("a cursor survives its text form") {
  const Cursor cursor{dw::generation_fingerprint("first row"), 1234, 1763692861267560};
  const auto back = Cursor::parse(cursor.text());
  REQUIRE(back);
  CHECK(back->same_place(cursor));
  CHECK(back->time == cursor.time);
}

TEST_CASE("text that is no cursor is refused") {
  const std::string good = Cursor{dw::generation_fingerprint("x"), 1, 2}.text();
  for (const std::string& bad :
       {std::string(), std::string("x"), good.substr(1), good + "0x", good + "-", good.substr(0, 33),
        "G" + good.substr(1), good.substr(0, 33) + "-1-2", good.substr(0, 33) + "1",
        good.substr(0, 33) + "99999999999999999999999-1"}) {
    INFO(bad);
    CHECK_FALSE(Cursor::parse(bad));
  }
}

TEST_CASE("generations with different first rows have different fingerprints") {
  CHECK(dw::generation_fingerprint("a") != dw::generation_fingerprint("b"));
  CHECK(dw::generation_fingerprint("a") == dw::generation_fingerprint("a"));
}
