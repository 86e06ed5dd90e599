#include "common/sql/xa.h"
#include "tests/support/catch.h"

using namespace dw::sql;

namespace {

std::string xid_of(const std::string& xid) {
  const auto statement = parse_xa("XA COMMIT " + xid);
  return statement ? statement->xid : "none";
}

}  // namespace

TEST_CASE("an id in its normal form: hexadecimal gtrid and bqual, format") {
  CHECK(xid_of("'ab'") == "6162,,1");
  CHECK(xid_of("'ab','',1") == "6162,,1");
  CHECK(xid_of("X'6162'") == "6162,,1");
  CHECK(xid_of("0x6162, 'cd', 0x10") == "6162,6364,16");
  CHECK(xid_of("b'0110000101100010'") == "6162,,1");
  CHECK(xid_of("'it''s'") == "69742773,,1");
  CHECK(xid_of("'A'") != xid_of("'a'"));
  CHECK(xid_of("") == "none");
  CHECK(xid_of("ab") == "none");
  CHECK(xid_of("'ab' garbage") == "none");
}

TEST_CASE("the words of XA statements") {
  CHECK(parse_xa("xa begin 'x'")->verb == XaStatement::Verb::start);
  CHECK(parse_xa("XA START 'x' RESUME")->resume);
  CHECK(parse_xa("XA START 'x' JOIN")->refused);
  CHECK(parse_xa("XA END 'x' SUSPEND FOR MIGRATE")->refused);
  CHECK(parse_xa("XA COMMIT 'x' ONE PHASE;")->one_phase);
  CHECK(parse_xa("XA RECOVER CONVERT XID")->verb == XaStatement::Verb::recover);
  CHECK_FALSE(parse_xa("XA FROB 'x'"));
  CHECK_FALSE(parse_xa("COMMIT"));
}
