#include "loader/apply/archive_catalog.h"

#include <algorithm>
#include <utility>

#include "common/sql/server_schemas.h"
#include "loader/apply/bookkeeping.h"
#include "loader/retention/archive/archive_table.h"
#include "loader/retention/archive/names.h"

namespace dw::load {
namespace {

std::string text(const mysql::Value& value) {
  return std::string(value.value_or(""));
}

std::string list_of(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ",") + hex_literal(name);
  return out.empty() ? "''" : out;
}

KeyAction key_action_of(const std::string& rule) {
  if (rule == "CASCADE") return KeyAction::cascade;
  return rule == "SET NULL" ? KeyAction::set_null : KeyAction::none;
}

class ArchiveReader {
 public:
  ArchiveReader(mysql::Connection& connection, ArchiveCatalog& catalog)
      : connection_(connection), catalog_(catalog), in_(" IN (" + list_of(catalog.schemas) + ")") {}

  void read_tables() {
    connection_.stream(
        "SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE, TABLE_TYPE, TABLE_COLLATION FROM information_schema.TABLES "
        "WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND TABLE_SCHEMA" +
            in_,
        [&](mysql::Row row) {
          TableShape shape;
          shape.id = {text(row[0]), text(row[1])};
          shape.engine = text(row[2]);
          shape.versioned = text(row[3]) == "SYSTEM VERSIONED";
          const std::string collation = text(row[4]);
          shape.charset = collation.substr(0, collation.find('_'));
          catalog_.tables.emplace(shape.id, std::move(shape));
          return true;
        });
  }

  void read_columns() {
    connection_.stream(
        "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, "
        "IS_NULLABLE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA" +
            in_ + " ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION",
        [&](mysql::Row row) {
          const auto table = catalog_.tables.find({text(row[0]), text(row[1])});
          if (table == catalog_.tables.end()) return true;
          table->second.columns.push_back(
              {text(row[2]), text(row[3]), text(row[4]), text(row[5]), text(row[6]) != "NO"});
          return true;
        });
  }

  void read_keys() {
    // NULL as COLUMN_NAME: an expression (MySQL manual, "The INFORMATION_SCHEMA STATISTICS Table").
    connection_.stream(
        "SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART FROM "
        "information_schema.STATISTICS WHERE NON_UNIQUE=0 AND INDEX_TYPE<>'SPATIAL' AND TABLE_SCHEMA" +
            in_ + " ORDER BY TABLE_SCHEMA, TABLE_NAME, INDEX_NAME='PRIMARY' DESC, INDEX_NAME, SEQ_IN_INDEX",
        [&](mysql::Row row) {
          const auto table = catalog_.tables.find({text(row[0]), text(row[1])});
          if (table == catalog_.tables.end()) return true;
          const auto [place, is_first] = key_names_.try_emplace(table->first, text(row[2]));
          if (place->second != text(row[2]) || !row[3]) return true;
          table->second.key_is_primary = place->second == "PRIMARY";
          KeyPart part{text(row[3]), std::nullopt};
          if (row[4]) part.prefix = std::stoull(text(row[4]));
          table->second.key.push_back(std::move(part));
          return true;
        });
  }

  // Of a foreign key's end in a schema that is not mirrored nothing is known here.
  void read_cascades() {
    std::map<std::pair<std::string, std::string>, CascadeEdge> edges;
    connection_.stream(
        "SELECT k.CONSTRAINT_SCHEMA, k.CONSTRAINT_NAME, k.TABLE_SCHEMA, k.TABLE_NAME, k.COLUMN_NAME, "
        "k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, "
        "r.DELETE_RULE, r.UPDATE_RULE FROM "
        "information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON "
        "r.CONSTRAINT_SCHEMA=k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME=k.CONSTRAINT_NAME AND "
        "r.TABLE_NAME=k.TABLE_NAME WHERE (r.DELETE_RULE IN ('CASCADE', 'SET NULL') OR r.UPDATE_RULE IN "
        "('CASCADE', 'SET NULL')) AND k.REFERENCED_TABLE_NAME IS NOT NULL AND k.TABLE_SCHEMA" +
            in_ + " ORDER BY 1, 4, 2, k.ORDINAL_POSITION",
        [&](mysql::Row row) {
          // MariaDB names constraints per table, MySQL per schema.
          CascadeEdge& edge = edges[{text(row[0]), text(row[3]) + "/" + text(row[1])}];
          edge.child = {text(row[2]), text(row[3])};
          edge.parent = {text(row[5]), text(row[6])};
          edge.columns.push_back(text(row[4]));
          edge.referenced.push_back(text(row[7]));
          edge.on_delete = key_action_of(text(row[8]));
          edge.on_update = key_action_of(text(row[9]));
          return true;
        });
    for (auto& [name, edge] : edges) {
      if (edge.on_delete == KeyAction::cascade) catalog_.cascades.push_back(edge);
      catalog_.followers.push_back(std::move(edge));
    }
  }

  void read_production_triggers() {
    connection_.stream(
        "SELECT TRIGGER_NAME, TRIGGER_SCHEMA, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS WHERE "
        "TRIGGER_SCHEMA" +
            in_,
        [&](mysql::Row row) {
          if (!is_own_trigger(text(row[0]))) catalog_.triggered.insert({text(row[1]), text(row[2])});
          return true;
        });
  }

  void read_triggers() {
    std::map<std::pair<TableId, std::string>, std::uint64_t> last;
    std::vector<std::uint64_t> orders;
    connection_.stream(
        "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_ORDER, "
        "LEFT(ACTION_STATEMENT, 60) FROM information_schema.TRIGGERS WHERE ACTION_TIMING='BEFORE' AND "
        "TRIGGER_SCHEMA" +
            in_,
        [&](mysql::Row row) {
          const TableId table{text(row[0]), text(row[2])};
          const std::uint64_t order = std::stoull(text(row[4]));
          std::uint64_t& most = last[{table, text(row[3])}];
          most = std::max(most, order);
          const std::string name = text(row[1]);
          if (!is_own_trigger(name)) return true;
          catalog_.triggers.push_back({name, table, text(row[3]), digest_in(text(row[5])), true});
          orders.push_back(order);
          return true;
        });
    for (std::size_t i = 0; i < orders.size(); ++i) {
      PresentTrigger& trigger = catalog_.triggers[i];
      trigger.last = last[{trigger.table, trigger.event}] == orders[i];
    }
  }

 private:
  mysql::Connection& connection_;
  ArchiveCatalog& catalog_;
  std::string in_;
  std::map<TableId, std::string> key_names_;
};

}  // namespace

std::set<std::string> live_schemas(mysql::Connection& connection, const std::set<std::string>& wanted) {
  std::set<std::string> all;
  for (const auto& row : connection.rows(
           std::string("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ") +
           sql::kUnmirroredSchemaList))
    all.insert(row[0].value_or(""));
  if (wanted.empty()) {
    const std::set<std::string> present = all;
    for (const std::string& schema : present) {
      all.erase(archive_schema(schema));
      all.erase(view_schema(schema));
    }
    return all;
  }
  std::erase_if(all, [&](const std::string& schema) { return !wanted.contains(schema); });
  return all;
}

ArchiveCatalog read_archive_catalog(mysql::Connection& connection, std::set<std::string> schemas) {
  ArchiveCatalog catalog;
  catalog.schemas = std::move(schemas);
  ArchiveReader reader(connection, catalog);
  reader.read_tables();
  reader.read_columns();
  reader.read_keys();
  reader.read_cascades();
  reader.read_triggers();
  reader.read_production_triggers();
  return catalog;
}

std::set<TableId> tables_in(mysql::Connection& connection, const std::set<std::string>& schemas) {
  std::set<TableId> out;
  connection.stream("SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (" +
                        list_of(schemas) + ")",
                    [&](mysql::Row row) {
                      out.insert({text(row[0]), text(row[1])});
                      return true;
                    });
  return out;
}

}  // namespace dw::load
