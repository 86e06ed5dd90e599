// Numbers of server errors that more than one part looks for (MySQL's Server Error Message Reference;
// MariaDB's are the same).
#pragma once

namespace dw::mysql {

constexpr unsigned kUnknownDatabase = 1049;  // ER_BAD_DB_ERROR
constexpr unsigned kRowTooLong = 1118;       // ER_TOO_BIG_ROWSIZE
constexpr unsigned kNoSuchTable = 1146;      // ER_NO_SUCH_TABLE

}  // namespace dw::mysql
