#include "tests/log_cases/scene.h"

#include <sstream>
#include <stdexcept>

namespace dw::test {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// But for those of sessions that take turns: how long an idle one's last statement ran, the log does not
// tell.
constexpr const char* kSuspects =
    "SELECT DISTINCT CONCAT(schema_name, '.', table_name) FROM dw_meta.suspects WHERE reason NOT LIKE "
    "'%other sessions%'";

}  // namespace

Scene::Scene(MirrorPair& pair) : pair_(pair) {
  pair_.source().sql(
      "DROP DATABASE IF EXISTS app; DROP DATABASE IF EXISTS other; CREATE DATABASE app; CREATE DATABASE "
      "other");
  sync();
  pair_.mirror().sql("DELETE FROM dw_meta.suspects; DELETE FROM dw_meta.failures");
}

Client& Scene::session(const std::string& name) {
  const auto found = sessions_.find(name);
  return found != sessions_.end() ? found->second : connect(name, {.database = "app"});
}

Client& Scene::connect(const std::string& name, const ClientOptions& options) {
  sessions_.erase(name);
  return sessions_.emplace(name, Client(pair_.source(), options)).first->second;
}

void Scene::run(const std::string& name, const std::string& packet) {
  Client& client = session(name);
  const unsigned error = client.query(packet);
  if (error != 0)
    throw std::runtime_error("production refused \"" + packet.substr(0, 200) +
                             "\": " + client.error_message());
}

void Scene::fail(const std::string& name, const std::string& packet) {
  if (session(name).query(packet) == 0)
    throw std::runtime_error("production did not refuse \"" + packet.substr(0, 200) + "\"");
}

void Scene::kill(const std::string& name) {
  pair_.source().sql("KILL " + std::to_string(session(name).thread_id()));
  sessions_.erase(name);
}

void Scene::crash_source() {
  pair_.source().kill9();
  sessions_.clear();
  pair_.source().start_again();
}

void Scene::sync() {
  const ProcessResult result = pair_.load({"sync"});
  if (result.exit_code != 0 && result.exit_code != 3)
    throw std::runtime_error("sync ended with " + std::to_string(result.exit_code) + ": " + result.err);
}

std::vector<std::string> Scene::tables(DatabaseServer& server) {
  return lines_of(server.sql(
      "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables WHERE table_schema IN "
      "('app', 'other') AND table_type = 'BASE TABLE' ORDER BY 1"));
}

// All rows, and the next id. Columns by name, so that both servers give them in one order; long values as
// their digest, which sorts in a small buffer.
std::string Scene::content(DatabaseServer& server, const std::string& table) {
  const std::string schema = table.substr(0, table.find('.'));
  const std::string name = table.substr(schema.size() + 1);
  const std::string columns = server.sql(
      "SET group_concat_max_len = 1000000; SELECT GROUP_CONCAT(IF(data_type LIKE '%blob' OR data_type LIKE "
      "'%text', CONCAT('SHA2(`', column_name, '`, 256)'), CONCAT('`', column_name, '`')) ORDER BY "
      "column_name) "
      "FROM information_schema.columns WHERE table_schema = '" +
      schema + "' AND table_name = '" + name + "'");
  const std::string list = columns.substr(0, columns.size() - 1);
  std::string out = server.sql("SET time_zone = '+00:00'; SELECT " + list + " FROM `" + schema + "`.`" +
                               name + "` ORDER BY " + list);
  const std::string definition = server.sql("SHOW CREATE TABLE `" + schema + "`.`" + name + "`");
  const auto next = definition.find("AUTO_INCREMENT=");
  if (next != std::string::npos) out += definition.substr(next, definition.find(' ', next) - next) + "\n";
  return out;
}

std::string Scene::judge(Outcome outcome, const std::vector<std::string>& expected) {
  sync();
  std::string wrong;
  const auto say = [&wrong](const std::string& what) { wrong += what + "\n"; };
  const auto suspects = lines_of(pair_.mirror().sql(kSuspects));
  const std::set<std::string> suspect(suspects.begin(), suspects.end());
  // Without a table's name: the whole schema; without a schema's: everything.
  const auto is_suspect = [&](const std::string& table) {
    return suspect.contains(table) || suspect.contains(table.substr(0, table.find('.') + 1)) ||
           suspect.contains(".");
  };
  const std::vector<std::string> names = tables(pair_.source());
  if (names != tables(pair_.mirror())) say("the mirror has other tables");
  for (const std::string& table : names) {
    const bool may_differ = outcome == Outcome::suspect && is_suspect(table);
    const std::string production = content(pair_.source(), table);
    const std::string mirror = may_differ ? production : content(pair_.mirror(), table);
    if (production != mirror)
      say(table + "\nproduction:\n" + production.substr(0, 4000) + "mirror:\n" + mirror.substr(0, 4000));
  }
  if (outcome == Outcome::exact) {
    for (const std::string& table : suspect) say(table + " is suspect without need");
  }
  for (const std::string& table : expected) {
    if (!is_suspect(table)) say(table + " is not suspect");
  }
  if (!wrong.empty()) {
    say("the log:\n" +
        pair_.source().sql("SELECT * FROM (SELECT thread_id, command_type, LEFT(argument, 200) AS text FROM "
                           "mysql.general_log ORDER BY event_time DESC LIMIT 40) AS newest WHERE text NOT "
                           "LIKE '%dw-extract%'"));
    say("failures:\n" +
        pair_.mirror().sql("SELECT error, message, LEFT(statement, 200) FROM dw_meta.failures"));
  }
  return wrong;
}

}  // namespace dw::test
