// Reading a packet where its reader is not fully known: the server's version, or the session's sql_mode.
#pragma once

#include <string_view>
#include <vector>

#include "common/sql/statement.h"

namespace dw::sql {

// Whether the text may be read under another sql_mode than the options say (ANSI_QUOTES,
// NO_BACKSLASH_ESCAPES).
enum class SqlMode : bool { known, uncertain };

// As parse_packet. Every reading that is possible is made, where the text has something that they differ in;
// when they do not agree on what the statements are, the packet is one `unparsed` piece.
std::vector<Statement> parse_packet_surely(std::string_view packet, LexerOptions options,
                                           SqlMode sql_mode = SqlMode::known);

// The options under which the text may read otherwise than under `options`, which come first.
std::vector<LexerOptions> possible_readings(std::string_view text, LexerOptions options, SqlMode sql_mode);

}  // namespace dw::sql
