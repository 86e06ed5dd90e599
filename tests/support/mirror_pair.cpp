#include "tests/support/mirror_pair.h"

#include <stdexcept>

namespace dw::test {
namespace {

constexpr const char* kPassword = "pa55-Word.long";

}  // namespace

MirrorPair::MirrorPair(const PairOptions& options) : options_(options) {
  source_ = DatabaseServer::start(options.source, {.general_log_table = !options.log_file,
                                                   .general_log_file = options.log_file,
                                                   .extra = options.source_server});
  mirror_ = DatabaseServer::start(options.mirror, {.extra = options.mirror_server});
  make_accounts();
  write_configs();
  if (options.web != Web::none) {
    const WebServerOptions web{DW_EXTRACT_PROGRAM, file("extract.json"), authority_.issue()};
    web_ = options.web == Web::lighttpd ? WebServer::lighttpd(web) : WebServer::apache(web);
    for (const char* name : {"extract.json", "extract.cnf", "api.key"}) web_->give_to_cgi_user(file(name));
  }
  write_load_config(url(), options.source_extra, options.load_extra);
}

std::string MirrorPair::url() const {
  return web_ ? web_->url() : "https://127.0.0.1:9/cgi-bin/dw-extract";
}

// Without a trace in the general log: tests start from a log of their own making.
void MirrorPair::make_accounts() {
  const std::string password = std::string(" IDENTIFIED BY '") + kPassword + "'";
  std::string grants = "SET sql_log_off=1; CREATE USER dw_extract@'%'" + password +
                       "; GRANT PROCESS ON *.* TO dw_extract@'%'; GRANT SELECT, INSERT, CREATE, ALTER, DROP "
                       "ON mysql.* TO dw_extract@'%';";
  for (const char* schema : {"app", "app2", "other"})
    grants += std::string("GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON ") + schema + ".* TO dw_extract@'%';";
  if (options_.source == ServerKind::mysql) grants += "GRANT SHOW_ROUTINE ON *.* TO dw_extract@'%';";
  grants += "TRUNCATE TABLE mysql.general_log";
  source_->sql(grants);
  source_->write_option_file(file("extract.cnf"), "dw_extract", kPassword);
  std::string load = "CREATE USER dw_load@'%'" + password + ";";
  std::vector<std::string> print{DW_MIRROR_GRANTS, "'dw_load'@'%'", "app", "app2", "other"};
  if (options_.mirror == ServerKind::mysql) print.insert(print.begin() + 1, "--mysql");
  mirror_->sql(load + run_or_throw(print));
  mirror_->write_option_file(file("mirror.cnf"), "dw_load", kPassword);
}

void MirrorPair::write_configs() {
  write_file(file("api.key"), std::string(kApiKey) + "\n", 0600);
  write_extract_config();
}

void MirrorPair::write_extract_config(const std::string& log_extra) {
  const std::string log = options_.log_file
                              ? R"("source": "file", "path": ")" + source_->general_log_file().string() +
                                    "\", \"state_file\": \"extract.state\"" + log_extra
                              : R"("source": "table")";
  write_file(file("extract.json"),
             R"({"mysql": {"defaults_file": "extract.cnf"}, "log": {)" + log + R"(},
  "databases": )" +
                 options_.databases + R"(, "api_key_file": "api.key")" + options_.extract_extra + "}\n",
             0600);
}

void MirrorPair::write_load_config(const std::string& url, const std::string& source_extra,
                                   const std::string& load_extra) {
  write_file(file("load.key"), std::string(kApiKey) + "\n", 0600);
  write_file(file("load.json"),
             R"({"source": {"url": ")" + url + R"(", "api_key_file": "load.key", "ca_file": ")" +
                 authority_.ca_file().string() + "\"" + source_extra + R"(},
  "mirror": {"defaults_file": "mirror.cnf"}, "retention": ")" +
                 options_.retention + R"(", "spool_dir": "spool")" +
                 (options_.verify ? "" : R"(, "verify": {"in_sync": false})") + load_extra + "}\n",
             0600);
}

ProcessResult MirrorPair::extract(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), DW_EXTRACT_PROGRAM);
  arguments.insert(arguments.end(), {"--config", file("extract.json")});
  return run(arguments, {.timeout = std::chrono::seconds(300)});
}

ProcessResult MirrorPair::load(std::vector<std::string> arguments, std::chrono::milliseconds timeout) {
  arguments.insert(arguments.begin(), DW_LOAD_PROGRAM);
  arguments.insert(arguments.end(), {"--config", file("load.json")});
  return run(arguments, {.timeout = timeout});
}

ProcessResult MirrorPair::sync() {
  ProcessResult result = load({"sync"});
  if (result.exit_code != 0)
    throw std::runtime_error("sync ended with " + std::to_string(result.exit_code) + ": " + result.err);
  return result;
}

Process MirrorPair::start_load(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), DW_LOAD_PROGRAM);
  arguments.insert(arguments.end(), {"--config", file("load.json")});
  return Process::start(arguments, {.stdout_file = file("load.out"), .stderr_file = file("load.err")});
}

void MirrorPair::wipe_mirror() {
  for (const char* schema : {"app", "app_archive", "app_all", "dw_meta"})
    mirror_->sql(std::string("DROP DATABASE IF EXISTS ") + schema);
  std::filesystem::remove_all(file("spool"));
}

std::vector<PairOptions> all_pairs() {
  std::vector<PairOptions> out(3);
  out[1].source = ServerKind::mysql;
  out[2].source = ServerKind::mysql;
  out[2].mirror = ServerKind::mysql;
  return out;
}

std::string name_of(const PairOptions& options) {
  return std::string(to_string(options.source)) + " to " + std::string(to_string(options.mirror));
}

std::string newest_archive_of(DatabaseServer& mirror, const std::string& table) {
  std::string name = mirror.sql(
      "SELECT CONCAT(archive_schema, '.', archive_table) FROM dw_meta.archives WHERE "
      "CONCAT(schema_name, '.', table_name)='" +
      table + "' ORDER BY generation DESC LIMIT 1");
  if (name.empty()) throw std::runtime_error("no archive of " + table);
  name.pop_back();  // the end of the line
  return name;
}

std::string rows_of(DatabaseServer& server, const std::string& table, const std::string& columns) {
  return server.sql("SET time_zone='+00:00'; SELECT " + columns + " FROM " + table + " ORDER BY 1, 2");
}

std::string outcome_sums(DatabaseServer& mirror) {
  return mirror.sql(
      "SELECT SUM(received), SUM(applied), SUM(retained), SUM(withheld), SUM(rolled_back), SUM(`inner`), "
      "SUM(ignored), "
      "SUM(failed) FROM dw_meta.batches");
}

}  // namespace dw::test
