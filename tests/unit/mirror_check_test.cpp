#include "loader/check/mirror_check.h"

#include <algorithm>

#include "tests/support/catch.h"

using dw::ExitCode;
using dw::Finding;
using dw::load::mirror_findings;
using dw::load::MirrorFacts;
using dw::load::MirrorNeeds;
using dw::mysql::Privilege;
using dw::mysql::Privileges;

namespace {

MirrorFacts good_mirror() {
  MirrorFacts facts;
  facts.mariadb = true;
  facts.version = "10.11.19-MariaDB";
  facts.account = "'dw_load'@'%'";
  facts.variables = {{"read_only", "OFF"},
                     {"log_bin", "OFF"},
                     {"max_allowed_packet", "67108864"},
                     {"lower_case_table_names", "0"}};
  facts.has_named_zones = true;
  facts.schemas = {"shop"};
  facts.cursor = "f:1:2";
  std::vector<Privilege> granted;
  const auto grant = [&](const std::string& schema, const std::vector<std::string>& names) {
    for (const std::string& name : names) granted.push_back({Privilege::Level::schema, schema, "", name});
  };
  grant("dw\\_meta", {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP"});
  grant("shop", {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER",
                 "CREATE TEMPORARY TABLES", "EXECUTE", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE",
                 "ALTER ROUTINE", "EVENT", "TRIGGER"});
  grant("%\\_archive", {"SELECT", "INSERT", "CREATE"});
  grant("%\\_all", {"SELECT", "CREATE", "DROP", "CREATE VIEW", "SHOW VIEW"});
  facts.privileges = Privileges(granted);
  return facts;
}

MirrorNeeds needs() {
  return {"archive", 16U << 20U, false, "0"};
}

const Finding& about(const std::vector<Finding>& findings, const std::string& name) {
  const auto found =
      std::find_if(findings.begin(), findings.end(), [&](const Finding& one) { return one.about == name; });
  REQUIRE(found != findings.end());
  return *found;
}

}  // namespace

TEST_CASE("a mirror that is as the README makes it has nothing wrong") {
  const auto findings = mirror_findings(good_mirror(), needs());
  for (const Finding& one : findings) {
    INFO(one.about << ": " << one.what);
    CHECK(one.level == Finding::Level::good);
  }
  CHECK(exit_code_of(findings) == ExitCode::done);
}

TEST_CASE("what a mirror lacks is named with the line that mends it") {
  MirrorFacts facts = good_mirror();
  SECTION("a right on a schema") {
    facts.schemas.emplace_back("my_blog");
    const Finding one = about(mirror_findings(facts, needs()), "mirror: schema my_blog");
    CHECK(one.level == Finding::Level::wrong);
    CHECK_THAT(one.mend, Catch::StartsWith("GRANT SELECT, INSERT,") &&
                             Catch::EndsWith("ON `my\\_blog`.* TO 'dw_load'@'%'"));
  }
  SECTION("MariaDB 5, as a QNAP has it beside the other") {
    facts.version = "5.5.68-MariaDB";
    CHECK_THAT(about(mirror_findings(facts, needs()), "mirror: version").mend,
               Catch::Contains("/var/run/mariadb10.sock"));
  }
  SECTION("MariaDB 10.2, by both of its numbers") {
    facts.version = "10.2.44-MariaDB";
    CHECK(about(mirror_findings(facts, needs()), "mirror: version").level == Finding::Level::wrong);
    facts.version = "10.3.0-MariaDB";
    CHECK(about(mirror_findings(facts, needs()), "mirror: version").level == Finding::Level::good);
    facts.version = "11.0.1-MariaDB";
    CHECK(about(mirror_findings(facts, needs()), "mirror: version").level == Finding::Level::good);
  }
  SECTION("names of tables that are compared otherwise than production's") {
    MirrorNeeds lower = needs();
    lower.lower_case_table_names = "1";
    const Finding one = about(mirror_findings(facts, lower), "mirror: lower_case_table_names");
    CHECK(one.level == Finding::Level::warning);
    CHECK_THAT(one.mend, Catch::StartsWith("set lower_case_table_names = 1"));
    facts.variables["lower_case_table_names"] = "2";
    CHECK(about(mirror_findings(facts, lower), "mirror: lower_case_table_names").level ==
          Finding::Level::good);
    CHECK_THAT(about(mirror_findings(facts, needs()), "mirror: lower_case_table_names").what,
               Catch::Contains("are one here"));
  }
  SECTION("a body that the account does not see") {
    facts.hidden_function = "shop.price";
    CHECK(about(mirror_findings(facts, needs()), "mirror: bodies of functions").mend ==
          "GRANT SELECT ON mysql.proc TO 'dw_load'@'%'");
  }
  SECTION("an archive is needed in-place, too") {
    facts.schemas.emplace_back("blog");
    MirrorNeeds in_place = needs();
    in_place.retention = "in-place";
    CHECK(about(mirror_findings(facts, in_place), "mirror: schema blog_archive").level ==
          Finding::Level::good);
    facts.privileges = Privileges();
    CHECK(about(mirror_findings(facts, in_place), "mirror: schema shop_archive").level ==
          Finding::Level::wrong);
    CHECK(about(mirror_findings(facts, in_place), "mirror: schema shop_all").level == Finding::Level::wrong);
    in_place.retention = "none";
    for (const Finding& one : mirror_findings(facts, in_place))
      CHECK_THAT(one.about, !Catch::Contains("_archive"));
  }
  SECTION("a binary log that lets nobody make triggers") {
    facts.variables["log_bin"] = "ON";
    facts.variables["log_bin_trust_function_creators"] = "OFF";
    const auto findings = mirror_findings(facts, needs());
    CHECK_THAT(about(findings, "mirror: triggers and functions").mend,
               Catch::StartsWith("SET GLOBAL log_bin_trust_function_creators = 1"));
    CHECK(exit_code_of(findings) == ExitCode::mirror_unreachable);
  }
  SECTION("the right to set what production's sessions set, on MySQL") {
    facts.mariadb = false;
    facts.version = "9.7.4";
    const Finding one = about(mirror_findings(facts, needs()), "mirror: session settings");
    CHECK(one.level == Finding::Level::wrong);
    CHECK(one.mend == "GRANT SESSION_VARIABLES_ADMIN ON *.* TO 'dw_load'@'%'");
  }
  SECTION("a packet that is smaller than the source's") {
    MirrorNeeds large = needs();
    large.max_allowed_packet = 1U << 30U;
    const Finding one = about(mirror_findings(facts, large), "mirror: max_allowed_packet");
    CHECK(one.level == Finding::Level::warning);
    CHECK_THAT(one.mend, Catch::Contains("= 1073741824"));
  }
  SECTION("an archive that the account itself could empty") {
    facts.privileges = Privileges({{Privilege::Level::global, "", "", "SELECT"},
                                   {Privilege::Level::global, "", "", "INSERT"},
                                   {Privilege::Level::global, "", "", "CREATE"},
                                   {Privilege::Level::global, "", "", "DELETE"}});
    const Finding one = about(mirror_findings(facts, needs()), "mirror: schema shop_archive");
    CHECK(one.level == Finding::Level::warning);
    CHECK_THAT(one.what, Catch::Contains("holds DELETE"));
  }
  SECTION("tables without a checkpoint") {
    facts.cursor.reset();
    CHECK_THAT(about(mirror_findings(facts, needs()), "mirror: checkpoint").mend,
               Catch::Contains("baseline"));
    facts.has_tables = true;
    CHECK_THAT(about(mirror_findings(facts, needs()), "mirror: checkpoint").mend,
               Catch::Contains("--after CURSOR"));
  }
}

TEST_CASE("a role may grant what is missing") {
  MirrorFacts facts = good_mirror();
  facts.privileges = Privileges({}, true);
  CHECK(exit_code_of(mirror_findings(facts, needs())) == ExitCode::done);
}

TEST_CASE("names of schemas in grants are patterns") {
  const auto holds = [](const std::string& pattern, const std::string& schema) {
    return Privileges({{Privilege::Level::schema, pattern, "", "SELECT"}}).holds("SELECT", schema);
  };
  CHECK(holds("shop", "shop"));
  CHECK(!holds("shop", "shops"));
  CHECK(holds("shop_a", "shopxa"));
  CHECK(!holds("shop\\_a", "shopxa"));
  CHECK(holds("%\\_archive", "a_b_archive"));
  CHECK(!holds("%\\_archive", "a_archives"));
  CHECK(!holds("%", ""));
}
