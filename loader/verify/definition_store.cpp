#include "loader/verify/definition_store.h"

#include "loader/apply/bookkeeping.h"

namespace dw::load {

std::map<TableId, DefinitionLook> DefinitionStore::all() {
  std::map<TableId, DefinitionLook> out;
  for (const auto& row : connection_.rows("SELECT table_schema, table_name, DATE_FORMAT(checked_at, "
                                          "'%Y-%m-%dT%H:%i:%s.%fZ'), source_digest, "
                                          "mirror_digest, drift FROM dw_meta.definitions"))
    out[{row[0].value_or(""), row[1].value_or("")}] = {parse_time(row[2].value_or("")).value_or(0),
                                                       row[3].value_or(""), row[4].value_or(""),
                                                       row[5].value_or("")};
  return out;
}

void DefinitionStore::save(const TableId& table, const DefinitionLook& look) {
  connection_.execute("REPLACE INTO dw_meta.definitions SET table_schema=" + hex_literal(table.schema) +
                      ", table_name=" + hex_literal(table.table) + ", checked_at=" + time_literal(look.at) +
                      ", source_digest='" + look.source_digest + "', mirror_digest='" + look.mirror_digest +
                      "', drift=" + (look.drift.empty() ? "NULL" : hex_literal(look.drift)));
}

void DefinitionStore::forget(const TableId& table) {
  connection_.execute("DELETE FROM dw_meta.definitions WHERE table_schema=" + hex_literal(table.schema) +
                      " AND table_name=" + hex_literal(table.table));
}

}  // namespace dw::load
