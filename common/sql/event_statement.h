// CREATE EVENT and ALTER EVENT for a server that must not run the event.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/sql/lexer.h"

namespace dw::sql {

// The statement with DISABLE in place of ENABLE, DISABLE ON SLAVE, DISABLE ON REPLICA or nothing, so that the
// event is there and never fires, whatever event_scheduler is (MySQL manual 15.1.13, MariaDB "CREATE EVENT").
// nullopt when the text is no such statement, or where the word would have to stand is not certain (part of
// it in a version comment that a server may skip).
std::optional<std::string> disabled_event(std::string_view statement, LexerOptions options = {});

}  // namespace dw::sql
