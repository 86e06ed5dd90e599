// `catalog`: schemas, tables, routines, triggers, events and views.
#pragma once

#include "common/rows/catalog.h"
#include "extractor/reading/line_stream.h"
#include "extractor/server.h"

namespace dw::extract {

// Throws Error, mysql::SqlError.
void run_catalog(const Config& config, Server& server, LineStream& out);

void write_catalog(const rows::Catalog& catalog, LineStream& out);

}  // namespace dw::extract
