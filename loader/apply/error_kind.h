// What an error of the mirror means for the run.
#pragma once

#include <cstdint>

namespace dw::load {

enum class ErrorKind : std::uint8_t {
  statement,  // production can have had it too (duplicate key, syntax, unknown table): recorded, the run goes
              // on
  passing,    // deadlock, lock wait: the transaction is tried again from its start
  mirror,  // the mirror's own trouble (gone, full, read-only, denied): the run stops with nothing half done
};

// `code`: MySQL's or MariaDB's error number (their "Error Reference" pages), or a client error.
ErrorKind kind_of(unsigned code);

}  // namespace dw::load
