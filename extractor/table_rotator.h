// Rotates the log tables.
#pragma once

#include <vector>

#include "extractor/rotation.h"
#include "extractor/server.h"
#include "extractor/table_log_source.h"

namespace dw::extract {

// One rotation at a time on a server, whoever asks; the lock goes with the connection.
// False when another session holds it.
bool lock_rotation(Server& server);

// What is there to rotate, and how much of it.
std::vector<MeasuredGeneration> measure_generations(LogSource& source);

// Renames the current log table to the backup's name, and gives up the older ones, in one step for the
// server: no statement is lost, at no instant. `measured` is what the rotation was decided on. What is given
// up is dropped only if it is still just that; else it stays under the name general_log_old, and batches read
// it from there. Throws Error, mysql::SqlError.
void rotate_tables(Server& server, TableLogSource& source, const std::vector<MeasuredGeneration>& measured);

// The same through Amazon's own procedure, which drops the backup by itself: it is looked at once more just
// before.
void rotate_rds(Server& server, TableLogSource& source, const std::vector<MeasuredGeneration>& measured);

}  // namespace dw::extract
