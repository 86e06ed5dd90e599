#include "common/sql/readings.h"
#include "tests/support/catch.h"

using namespace dw::sql;

namespace {

StatementClass first_class(std::string_view text, SqlMode mode = SqlMode::known, const char* version = "") {
  LexerOptions options;
  options.server = ServerVersion::parse(version);
  return parse_packet_surely(text, options, mode).front().cls;
}

}  // namespace

TEST_CASE("a text that reads differently on an unknown server is not understood", "[sql][readings]") {
  CHECK(first_class("/*!80016 explain */ delete from t") == StatementClass::unparsed);
  CHECK(first_class("/*!80016 explain */ delete from t", SqlMode::known, "9.7.4") == StatementClass::read);
  CHECK(first_class("insert /*! ignore */ into t values (1)") == StatementClass::change);
  CHECK(first_class("create /*!32302 temporary */ table t (a int)") == StatementClass::unparsed);
}

TEST_CASE("a text that reads differently under an uncertain sql_mode is not understood", "[sql][readings]") {
  const char* text = R"(insert into t values ('a\'; delete from t; -- '))";
  CHECK(first_class(text) == StatementClass::change);
  CHECK(first_class(text, SqlMode::uncertain) == StatementClass::unparsed);
  CHECK(first_class(R"(insert into t values ('a\nb', "c"))", SqlMode::uncertain) == StatementClass::change);
  CHECK(first_class(R"(insert into "t" values (1))", SqlMode::uncertain) == StatementClass::unparsed);
}
