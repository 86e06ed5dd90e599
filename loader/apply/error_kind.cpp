#include "loader/apply/error_kind.h"

#include <algorithm>
#include <array>

namespace dw::load {
namespace {

// Sorted. The names are those of the servers' error lists.
constexpr std::array kMirrorErrors{
    1004u,  // ER_CANT_CREATE_FILE
    1015u,  // ER_CANT_LOCK
    1016u,  // ER_CANT_OPEN_FILE
    1020u,  // ER_CHECKREAD: another writer changed the row
    1021u,  // ER_DISK_FULL
    1026u,  // ER_ERROR_ON_WRITE
    1030u,  // ER_GET_ERRNO
    1036u,  // ER_OPEN_AS_READONLY
    1037u,  // ER_OUTOFMEMORY
    1038u,  // ER_OUT_OF_SORTMEMORY
    1040u,  // ER_CON_COUNT_ERROR
    1041u,  // ER_OUT_OF_RESOURCES
    1044u,  // ER_DBACCESS_DENIED_ERROR
    1045u,  // ER_ACCESS_DENIED_ERROR
    1047u,  // ER_UNKNOWN_COM_ERROR: also a Galera node that is not ready
    1053u,  // ER_SERVER_SHUTDOWN
    1114u,  // ER_RECORD_FILE_FULL
    1129u,  // ER_HOST_IS_BLOCKED
    1130u,  // ER_HOST_NOT_PRIVILEGED
    1142u,  // ER_TABLEACCESS_DENIED_ERROR
    1143u,  // ER_COLUMNACCESS_DENIED_ERROR
    1153u,  // ER_NET_PACKET_TOO_LARGE
    1194u,  // ER_CRASHED_ON_USAGE
    1195u,  // ER_CRASHED_ON_REPAIR
    1206u,  // ER_LOCK_TABLE_FULL
    1226u,  // ER_USER_LIMIT_REACHED
    1227u,  // ER_SPECIFIC_ACCESS_DENIED_ERROR
    1290u,  // ER_OPTION_PREVENTS_STATEMENT: read_only
    1317u,  // ER_QUERY_INTERRUPTED
    1370u,  // ER_PROCACCESS_DENIED_ERROR
    1419u,  // ER_BINLOG_CREATE_ROUTINE_NEED_SUPER
    1792u,  // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
    1836u,  // ER_READ_ONLY_MODE
    1878u,  // ER_TEMP_FILE_WRITE_FAILURE
    1927u,  // ER_CONNECTION_KILLED
    1969u,  // ER_STATEMENT_TIMEOUT (MariaDB)
    3024u,  // ER_QUERY_TIMEOUT
};

}  // namespace

ErrorKind kind_of(unsigned code) {
  if (code == 1205 || code == 1213) return ErrorKind::passing;  // ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK
  if (code >= 2000 && code < 3000) return ErrorKind::mirror;    // the client library's own
  const bool own = std::binary_search(kMirrorErrors.begin(), kMirrorErrors.end(), code);
  return own ? ErrorKind::mirror : ErrorKind::statement;
}

}  // namespace dw::load
