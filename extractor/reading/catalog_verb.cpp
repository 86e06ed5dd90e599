#include "extractor/reading/catalog_verb.h"

#include <nlohmann/json.hpp>

#include "extractor/reading/reading_session.h"

namespace dw::extract {

void write_catalog(const rows::Catalog& catalog, LineStream& out) {
  for (const rows::Schema& one : catalog.schemas) out.line(rows::to_json(one));
  for (const rows::Table& one : catalog.tables) out.line(rows::to_json(one));
  for (const rows::Program& one : catalog.programs) out.line(rows::to_json(one));
}

void run_catalog(const Config& config, Server& server, LineStream& out) {
  const ServerInfo info = server.info(config);
  prepare_reading(server);
  const CatalogSession session(server);
  const rows::Catalog catalog = rows::read_catalog(session.access(), config.databases);
  out.line(header_json("catalog", config, info));
  write_catalog(catalog, out);
  out.finish();
}

}  // namespace dw::extract
