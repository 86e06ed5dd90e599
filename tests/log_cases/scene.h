// What a case of the table plays on: production's sessions by name, syncs in between, and at the end the
// comparison.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/client.h"
#include "tests/support/mirror_pair.h"

namespace dw::test {

// What the mirror must come to.
enum class Outcome {
  exact,    // equal to production, and nothing of it suspect
  equal,    // equal to production; suspects are allowed
  suspect,  // the tables named are suspect, and may differ; all others are equal
};

class Scene {
 public:
  // Empties the schemas `app` and `other` on production, and brings the mirror to that state.
  explicit Scene(MirrorPair& pair);

  // The session of that name; it connects to `app` when it is first named.
  Client& session(const std::string& name);
  Client& connect(const std::string& name, const ClientOptions& options);
  // Must work in production.
  void run(const std::string& name, const std::string& packet);
  // Must fail there.
  void fail(const std::string& name, const std::string& packet);
  void quit(const std::string& name) { sessions_.erase(name); }
  // By another session's KILL: no Quit row is left.
  void kill(const std::string& name);
  // The source's server goes away without a word and comes back; all sessions are gone.
  void crash_source();

  // Brings what was logged so far to the mirror. An exit code of 3 (something needs eyes) is all right.
  void sync();

  MirrorPair& pair() { return pair_; }
  [[nodiscard]] bool from_mariadb() const { return pair_.options().source == ServerKind::mariadb; }
  [[nodiscard]] bool to_mariadb() const { return pair_.options().mirror == ServerKind::mariadb; }

  // Empty when the mirror is as it must be, else what is not, with both sides' rows.
  std::string judge(Outcome outcome, const std::vector<std::string>& suspects);

 private:
  std::vector<std::string> tables(DatabaseServer& server);
  std::string content(DatabaseServer& server, const std::string& table);

  MirrorPair& pair_;
  std::map<std::string, Client> sessions_;
};

struct LogCase {
  const char* name;
  Outcome outcome;
  std::vector<std::string> suspects;  // schema.table
  void (*play)(Scene&);
};

// By chapter: what a row is (facts.md), sessions and transactions, inner statements, values, ids, dialects.
std::vector<LogCase> row_cases();
std::vector<LogCase> transaction_cases();
std::vector<LogCase> program_cases();
std::vector<LogCase> value_cases();
std::vector<LogCase> id_cases();

}  // namespace dw::test
