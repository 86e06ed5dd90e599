#include "common/util/clock.h"
#include "common/util/digest.h"
#include "common/util/error.h"
#include "common/util/gzip.h"
#include "tests/support/catch.h"

TEST_CASE("times survive their text form") {
  for (const dw::Micros time :
       {dw::Micros{0}, dw::Micros{1}, dw::Micros{1763692861267560}, dw::Micros{4102444800000000}}) {
    CHECK(dw::parse_time(dw::format_time(time)) == time);
  }
  CHECK(dw::format_time(1763692861267560) == "2025-11-21T02:41:01.267560Z");
}

TEST_CASE("times are read in the forms that people write") {
  const dw::Micros second = 1763692861LL * 1'000'000;
  CHECK(dw::parse_time("2025-11-21 02:41:01") == second);
  CHECK(dw::parse_time("2025-11-21T02:41:01Z") == second);
  CHECK(dw::parse_time("2025-11-21T10:41:01+08:00") == second);
  CHECK(dw::parse_time("2025-11-20T21:41:01.5-0500") == second + 500'000);
  CHECK(dw::parse_time("1763692861") == second);
  CHECK(dw::parse_time("2025-11-21") == second - (2 * 3600 + 41 * 60 + 1) * 1'000'000LL);
  for (const char* bad : {"", "now", "2025-13-01", "2025-02-30", "2025-11-21T25:00:00", "2025-11-21T02:41",
                          "-5", "2025-11-21T02:41:01Q"}) {
    INFO(bad);
    CHECK_FALSE(dw::parse_time(bad));
  }
}

TEST_CASE("SHA-256 of known texts") {
  CHECK(dw::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(dw::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("base64 survives both ways, and refuses what is none") {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("ab"), std::string("abc"), std::string("\0\xFF", 2)}) {
    CHECK(dw::base64_decode(dw::base64_encode(text)) == text);
  }
  CHECK_FALSE(dw::base64_decode("abc"));
  CHECK_FALSE(dw::base64_decode("ab!="));
}

TEST_CASE("secrets compare by their value") {
  CHECK(dw::equal_in_constant_time("key", "key"));
  CHECK_FALSE(dw::equal_in_constant_time("key", "kez"));
  CHECK_FALSE(dw::equal_in_constant_time("key", ""));
}

TEST_CASE("gzip survives both ways; damage and size are refused") {
  const std::string text(1'000'000, 'a');
  const std::string packed = dw::gzip(text);
  CHECK(packed.size() < 10'000);
  CHECK(dw::gunzip(packed, 1'000'000) == text);
  CHECK(dw::gunzip(dw::gzip(""), 10).empty());
  CHECK_THROWS_AS(dw::gunzip(packed, 999'999), dw::Error);
  CHECK_THROWS_AS(dw::gunzip(packed.substr(0, packed.size() - 1), 1'000'000), dw::Error);
  CHECK_THROWS_AS(dw::gunzip("plain", 100), dw::Error);
}
