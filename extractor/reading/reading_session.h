// The session in which production is read: what it sees, and how errors of it are meant.
#pragma once

#include <string>
#include <vector>

#include "common/rows/catalog_reader.h"
#include "extractor/server.h"

namespace dw::extract {

// No limit of the server's ends a long reading, and its values come as they are stored.
void prepare_reading(Server& server);

// Names and definitions come in UTF-8 while it lives, values as they are stored again afterwards.
class CatalogSession {
 public:
  explicit CatalogSession(Server& server);
  ~CatalogSession();
  CatalogSession(const CatalogSession&) = delete;
  CatalogSession& operator=(const CatalogSession&) = delete;

  [[nodiscard]] const rows::CatalogAccess& access() const { return access_; }

 private:
  Server& server_;
  rows::CatalogAccess access_;
};

// The table's definition changed since the snapshot was opened, or the table is gone.
bool is_changed_table(const mysql::SqlError& error);

// Error when the schema is not among those that the config names.
bool is_mirrored(const std::vector<std::string>& databases, const std::string& schema);

nlohmann::json header_json(const char* kind, const Config& config, const ServerInfo& info);

}  // namespace dw::extract
