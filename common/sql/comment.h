// Where comments end, and which version comments a server runs. Internal to common/sql.
#pragma once

#include "common/sql/lexer.h"

namespace dw::sql {

// The "*/" that ends a comment, from behind its opening; null when there is none.
const char* find_comment_end(const char* p, const char* end);

// The same for a version comment that is not run: it may hold comments, one level deep (measured on both
// servers; their consume_comment).
const char* find_skipped_end(const char* p, const char* end);

// The end of a comment to the end of the line: the newline, the text's end, or a NUL, which the servers stop
// at.
const char* find_line_end(const char* p, const char* end);

// What the digits behind /*! or /*M! say.
struct VersionDigits {
  const char* end = nullptr;  // behind them
  bool runs = true;
};
VersionDigits read_version_digits(const char* p, const char* end, bool marked_mariadb,
                                  const LexerOptions& options);

}  // namespace dw::sql
