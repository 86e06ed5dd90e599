// Reads a server's catalogue through whoever holds the connection. Both programs use it: production's and the
// mirror's tables are then described in the same words.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/rows/catalog.h"

namespace dw::rows {

using ServerRow = std::vector<std::optional<std::string>>;

// How a server is asked. Its session must have character_set_results utf8mb4.
struct CatalogAccess {
  std::function<std::vector<ServerRow>(const std::string& sql)> rows;
  // For SHOW CREATE: the first row, nullopt when the object is gone by now.
  std::function<std::optional<ServerRow>(const std::string& sql)> show;
  bool mariadb = false;
};

// `databases`: the schemas wanted; empty: all but the server's own. Throws Error(not_authorised) when a
// definition is kept from the account, and what `access` throws.
Catalog read_catalog(const CatalogAccess& access, const std::vector<std::string>& databases);

// The tables alone, and of them only `table` when it is not empty.
std::vector<Table> read_tables(const CatalogAccess& access, const std::vector<std::string>& databases,
                               const std::string& table = "");

// The AUTO_INCREMENT counters, by schema and table: the value that the next row gets.
using Counters = std::map<std::pair<std::string, std::string>, std::uint64_t>;
Counters read_counters(const CatalogAccess& access, const std::vector<std::string>& databases);
// Those of some tables.
Counters read_counters(const CatalogAccess& access,
                       const std::set<std::pair<std::string, std::string>>& tables);

}  // namespace dw::rows
