// Keeping passwords out of what is written down.
#pragma once

#include <string>
#include <string_view>

#include "common/sql/lexer.h"

namespace dw::sql {

// The statement with every string behind IDENTIFIED, PASSWORD or a name that ends so (MASTER_PASSWORD, …)
// replaced by '<secret>': for the text of account and replication statements, which MariaDB logs in clear
// (facts.md, "What a row is"). `options`: those of its session, which decide where a password ends.
std::string without_passwords(std::string_view statement, const LexerOptions& options = {});

// The text up to the first word that announces a password, and `<secret>`: for a text that is not understood,
// where nobody can tell which quotes belong together.
std::string before_passwords(std::string_view text);

}  // namespace dw::sql
