// What an account may do on its server, from information_schema's USER_, SCHEMA_ and TABLE_PRIVILEGES (MySQL
// Reference Manual, "INFORMATION_SCHEMA General Tables"; MariaDB has the same).
//
// What comes through a role is not seen; `has_roles` says that there may be more.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dw::mysql {

struct Privilege {
  enum class Level : std::uint8_t { global, schema, table } level = Level::global;
  std::string schema;  // as in GRANT: with the wildcards % and _, and \ before one that is none
  std::string table;
  std::string name;
};

// `shop\_a`.*: every table of that schema, and of no other, as GRANT takes it.
std::string schema_in_grant(std::string_view schema);

class Privileges {
 public:
  using Rows = std::vector<std::vector<std::optional<std::string>>>;
  // `query` runs a SELECT; what it throws passes through, except for an SqlError where a server has no roles.
  static Privileges read(const std::function<Rows(const std::string&)>& query);

  explicit Privileges(std::vector<Privilege> granted = {}, bool has_roles = false)
      : granted_(std::move(granted)), has_roles_(has_roles) {}

  // Of a schema, when `table` is empty; of everything, when both are.
  [[nodiscard]] bool holds(std::string_view name, std::string_view schema = {},
                           std::string_view table = {}) const;
  // Those of `names` that it lacks, in their order, as a GRANT lists them: "INSERT, DROP".
  [[nodiscard]] std::string missing(const std::vector<std::string_view>& names, std::string_view schema = {},
                                    std::string_view table = {}) const;
  [[nodiscard]] bool has_roles() const { return has_roles_; }

 private:
  std::vector<Privilege> granted_;
  bool has_roles_ = false;
};

}  // namespace dw::mysql
