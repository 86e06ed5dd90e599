#include "extractor/reading/reading_session.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "common/mysql/errors.h"
#include "common/sql/server_schemas.h"

namespace dw::extract {
namespace {

constexpr int kReadingFormat = 1;

// MySQL Error Message Reference, "Server".
constexpr unsigned kTableDefinitionChanged = 1412;

// What SHOW CREATE says of an object that was dropped since it was listed: routine, trigger, event.
constexpr std::array<unsigned, 5> kGone{mysql::kNoSuchTable, mysql::kUnknownDatabase, 1305, 1360, 1539};

}  // namespace

void prepare_reading(Server& server) {
  // Who asks may be slow to take the rows.
  server.execute("SET net_write_timeout = 3600");
  // MySQL 8 keeps statistics for a day.
  server.execute("SET @dw = 0 /*!80000 , information_schema_stats_expiry = 0 */");
  server.execute(server.is_mariadb() ? "SET max_statement_time = 0" : "SET max_execution_time = 0");
}

CatalogSession::CatalogSession(Server& server) : server_(server) {
  server_.execute("SET character_set_results = utf8mb4");
  access_.mariadb = server_.is_mariadb();
  access_.rows = [this](const std::string& sql) { return server_.nullable_rows(sql); };
  access_.show = [this](const std::string& sql) -> std::optional<rows::ServerRow> {
    try {
      auto found = server_.nullable_rows(sql);
      if (found.empty()) return std::nullopt;
      return std::move(found.front());
    } catch (const mysql::SqlError& error) {
      if (std::find(kGone.begin(), kGone.end(), error.code()) == kGone.end()) throw;
      return std::nullopt;
    }
  };
}

CatalogSession::~CatalogSession() {
  try {
    server_.execute("SET character_set_results = NULL");
  } catch (const mysql::SqlError&) {
    // The connection is gone: the next statement will say so.
  }
}

bool is_changed_table(const mysql::SqlError& error) {
  return error.code() == kTableDefinitionChanged || error.code() == mysql::kNoSuchTable ||
         error.code() == mysql::kUnknownDatabase;
}

bool is_mirrored(const std::vector<std::string>& databases, const std::string& schema) {
  if (databases.empty()) return !sql::is_server_schema(schema);
  return std::find(databases.begin(), databases.end(), schema) != databases.end();
}

nlohmann::json header_json(const char* kind, const Config& config, const ServerInfo& info) {
  return {{"format", kReadingFormat},
          {"kind", kind},
          {"source",
           {{"id", info.source.id},
            {"server", info.source.server},
            {"server_version", info.source.server_version},
            {"started", format_time(info.source.started)},
            {"globals", info.source.globals}}},
          {"made", format_time(info.now)},
          {"log_enabled", info.log_enabled()},
          {"databases", config.databases}};
}

}  // namespace dw::extract
