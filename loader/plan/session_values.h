// What a source session keeps on its server from one statement to the next, apart from settings:
// LAST_INSERT_ID(), user variables, temporary tables. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace dw::load {

struct TemporaryTable {
  enum class Place : std::uint8_t {
    connection,  // a temporary table of the mirror's connection: gone with it
    copy,        // dw_meta.temporary_<copy> holds it
    lost         // the connection ended before it was copied
  };
  std::string schema;
  std::string table;
  Place place = Place::connection;
  std::uint64_t copy = 0;
  std::uint64_t next_id = 0;  // of the copy: its AUTO_INCREMENT counter; 0: none
  bool doubtful = false;      // its rows may differ from production's
};

struct SessionValues {
  bool from_start = false;  // the log showed how it began, so that what it never set is not set
  std::optional<std::uint64_t> last_insert_id;   // nullopt: not known
  bool last_insert_id_doubtful = false;          // production may have given another id
  bool next_id_doubtful = false;                 // SET insert_id may be used up in production, or still hold
  std::map<std::string, std::string> variables;  // by name in lower case, as SQL literals
  std::set<std::string> doubtful_variables;      // may have another value in production
  std::vector<TemporaryTable> temporaries;

  // A session that begins: nothing is set.
  static SessionValues fresh();
  [[nodiscard]] TemporaryTable* temporary(const std::string& schema, const std::string& table);
  void forget_temporary(const std::string& schema, const std::string& table);
};

nlohmann::json to_json(const SessionValues& values);
SessionValues session_values_from(const nlohmann::json& in);

}  // namespace dw::load
