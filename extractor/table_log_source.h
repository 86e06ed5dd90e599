// The log as it stands in mysql.general_log and the tables that rotations renamed it to.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "extractor/log_source.h"
#include "extractor/server.h"

namespace dw::extract {

inline constexpr const char* kCurrentTable = "general_log";
inline constexpr const char* kBackupTable = "general_log_backup";
// There only while a rotation runs, or after one that was cut short or met another one.
inline constexpr const char* kOldTable = "general_log_old";

// Throws mysql::SqlError.
class TableLogSource : public LogSource {
 public:
  explicit TableLogSource(Server& server) : server_(server) {}

  std::vector<Generation> generations() override;
  ReadEnd read(const Generation& generation, std::uint64_t index, std::uint64_t limit,
               const RowVisitor& visitor) override;
  std::optional<GenerationSize> measure(const Generation& generation) override;
  [[nodiscard]] std::string place_of(const Generation& generation) const override {
    return "mysql." + table_of(generation);
  }

  // Where the generation lay when it was last looked up; "" when it was not there.
  [[nodiscard]] std::string table_of(const Generation& generation) const;

 private:
  // Existing log tables, oldest first.
  std::vector<std::string> tables();
  std::vector<Generation> first_rows(const std::vector<std::string>& tables);

  Server& server_;
  std::map<std::string, std::string> table_by_fingerprint_;
};

}  // namespace dw::extract
