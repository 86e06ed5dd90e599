#include "common/sql/redact.h"
#include "tests/support/catch.h"

using dw::sql::without_passwords;

TEST_CASE("passwords are left out of account statements") {
  CHECK(without_passwords("CREATE USER 'a'@'%' IDENTIFIED BY 'pw', 'b' IDENTIFIED BY 'x'") ==
        "CREATE USER 'a'@'%' IDENTIFIED BY '<secret>', '<secret>' IDENTIFIED BY '<secret>'");
  CHECK(without_passwords("SET PASSWORD FOR 'a' = PASSWORD('pw')") ==
        "SET PASSWORD FOR '<secret>' = PASSWORD('<secret>')");
  CHECK(without_passwords("ALTER USER a IDENTIFIED WITH x AS 0xFF") ==
        "ALTER USER a IDENTIFIED WITH x AS '<secret>'");
  CHECK(without_passwords("SET PASSWORD = 'open") == "SET PASSWORD = '<secret>'");
  CHECK(without_passwords("GRANT SELECT ON x TO 'a'") == "GRANT SELECT ON x TO 'a'");
}
