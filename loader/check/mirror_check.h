// What the mirror's server must be able to do, each with the line that mends it. Pure: facts in, findings
// out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/mysql/privileges.h"
#include "common/util/finding.h"

namespace dw::load {

struct MirrorFacts {
  bool mariadb = false;
  std::string version;
  std::string account;                           // as SQL: 'user'@'host'
  std::map<std::string, std::string> variables;  // SHOW GLOBAL VARIABLES
  bool has_named_zones = false;
  mysql::Privileges privileges;
  std::vector<std::string> schemas;   // live ones: those of the config, else those that are there
  std::optional<std::string> cursor;  // of the checkpoint
  bool has_tables = false;            // in those schemas
  std::string hidden_function{};      // one whose body the account does not see; empty: it sees all
};

struct MirrorNeeds {
  std::string retention;
  std::uint64_t max_allowed_packet = 0;  // the source's; 0: not known
  bool mysql_source = false;
  std::string lower_case_table_names{};  // the source's; empty: not known
};

std::vector<Finding> mirror_findings(const MirrorFacts& facts, const MirrorNeeds& needs);

}  // namespace dw::load
