#include "common/sql/redact.h"
#include "tests/support/catch.h"

using dw::sql::before_passwords;
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

TEST_CASE("a backslash that ends a password under NO_BACKSLASH_ESCAPES does not let the next password out") {
  dw::sql::LexerOptions options;
  options.no_backslash_escapes = true;
  CHECK(without_passwords(R"(CREATE USER a IDENTIFIED BY 'x\', b IDENTIFIED BY 'hidden')", options) ==
        "CREATE USER a IDENTIFIED BY '<secret>', b IDENTIFIED BY '<secret>'");
}

TEST_CASE("passwords of a replication's source are left out") {
  CHECK(without_passwords("CHANGE MASTER TO MASTER_USER='r', MASTER_PASSWORD='hidden'") ==
        "CHANGE MASTER TO MASTER_USER='r', MASTER_PASSWORD='<secret>'");
  CHECK(without_passwords("CHANGE REPLICATION SOURCE TO source_password='hidden'") ==
        "CHANGE REPLICATION SOURCE TO source_password='<secret>'");
}

TEST_CASE("what is left out stays left out when it is done twice") {
  const auto twice_is_once = [](const char* statement) {
    const std::string once = without_passwords(statement);
    INFO(once);
    return without_passwords(once) == once;
  };
  CHECK(twice_is_once("CREATE USER a IDENTIFIED BY 'x'\"y\""));
  CHECK(twice_is_once("CREATE USER a IDENTIFIED BY x\"y\""));
  CHECK(twice_is_once("CREATE USER a /*! IDENTIFIED BY 'x'"));
}

TEST_CASE("a text that is not understood ends at the first word that announces a password") {
  CHECK(before_passwords("CREATE USR a identified BY 'pw'") == "CREATE USR a identified <secret>");
  CHECK(before_passwords("MASTER_PASSWORD='it''s', a IDENTIFIED BY 'x'") == "MASTER_PASSWORD <secret>");
  CHECK(before_passwords("INSERT INTO t VALUES ('open") == "INSERT INTO t VALUES ('open");
}
