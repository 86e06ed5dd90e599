// A production server, a mirror, dw-extract behind a real web server between them, and the configs of both
// programs.
//
// Both programs use accounts of their own with the grants that README names, no more.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/certificate_authority.h"
#include "tests/support/database_server.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/web_server.h"

namespace dw::test {

enum class Web { none, lighttpd, apache };

struct PairOptions {
  ServerKind source = ServerKind::mariadb;
  ServerKind mirror = ServerKind::mariadb;
  Web web = Web::lighttpd;
  std::string databases = R"(["app"])";    // JSON
  std::vector<std::string> source_server;  // options of the source's server
  std::vector<std::string> mirror_server;  // and of the mirror's
  std::string extract_extra;               // more of extract.json: , "rotate": {…}
  std::string source_extra;                // more of load.json's source: , "attempts": 1
  std::string load_extra;                  // more of load.json
  std::string retention = "none";          // equal to production, and no more
  // As a user's mirror has it: each sync reads suspects back and mends. Most tests look at what the replay
  // alone does.
  bool verify = false;
  bool log_file = false;  // the source logs to a file, and dw-extract reads that
};

class MirrorPair {
 public:
  explicit MirrorPair(const PairOptions& options);

  DatabaseServer& source() { return *source_; }
  DatabaseServer& mirror() { return *mirror_; }
  WebServer& web() { return *web_; }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return directory_ / name; }

  // The real programs.
  ProcessResult extract(std::vector<std::string> arguments);
  ProcessResult load(std::vector<std::string> arguments,
                     std::chrono::milliseconds timeout = std::chrono::minutes(5));
  // A sync that must end well.
  ProcessResult sync();
  Process start_load(std::vector<std::string> arguments);

  // Writes extract.json anew; `log_extra`: more of its log: , "decided": {…}
  void write_extract_config(const std::string& log_extra = "");
  // Writes load.json anew.
  void write_load_config(const std::string& url, const std::string& source_extra,
                         const std::string& load_extra);
  [[nodiscard]] const PairOptions& options() const { return options_; }
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::filesystem::path ca_file() const { return authority_.ca_file(); }

  // The mirror as it was at first: no schema app, no dw_meta, an empty spool.
  void wipe_mirror();

 private:
  void make_accounts();
  void write_configs();

  PairOptions options_;
  TempDir directory_{TempDir::Access::traversable};
  std::optional<DatabaseServer> source_;
  std::optional<DatabaseServer> mirror_;
  CertificateAuthority authority_;
  std::optional<WebServer> web_;
};

inline constexpr const char* kApiKey = "correct-horse-battery-staple";

// The pairs that every statement of the README holds for.
std::vector<PairOptions> all_pairs();
std::string name_of(const PairOptions& options);

// All rows of a table, ordered, one a line; the session's time zone is UTC. For comparing servers.
std::string rows_of(DatabaseServer& server, const std::string& table, const std::string& columns = "*");

// The archive's newest table for a live one, with its schema. It is not the first one where the live table
// was altered, as a copy that is taken over is when its collations are not production's.
std::string newest_archive_of(DatabaseServer& mirror, const std::string& table);

// One line of dw_meta.batches' sums: "received applied retained withheld rolled_back inner ignored failed".
std::string outcome_sums(DatabaseServer& mirror);

}  // namespace dw::test
