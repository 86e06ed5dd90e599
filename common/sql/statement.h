// What one statement is: its class, the tables it names, and what in it a mirror cannot repeat.
//
// `classify` looks at a statement as text, with no server and no catalogue. It never throws. A statement
// it does not understand is `unparsed`, and an unparsed statement is never run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/sql/lexer.h"

namespace dw::sql {

enum class StatementClass : std::uint8_t {
  empty,   // nothing but white space and comments
  read,    // gives rows and changes nothing
  change,  // adds or changes rows: INSERT, REPLACE, UPDATE, CALL, DO, LOAD DATA, SELECT with side effects
  destructive,          // takes rows or tables away: DELETE, TRUNCATE, DROP TABLE, DROP DATABASE
  schema,               // every other DDL
  transaction_control,  // BEGIN, COMMIT, ROLLBACK, SAVEPOINT, XA, LOCK TABLES, SET autocommit
  session_state,        // USE, SET, SET NAMES, PREPARE and EXECUTE in SQL, HANDLER
  account,              // users, roles, grants, passwords
  administration,       // SET GLOBAL, FLUSH, KILL, replication, plugins, INSTALL, SHUTDOWN, PURGE …
  unparsed,             // not understood, or not lexically complete
};

// The leading words that decide; finer than the class.
enum class Verb : std::uint8_t {
  none,
  select,
  show,
  explain,
  describe,
  with,
  values,
  table,
  help,
  check_table,
  checksum_table,
  analyze_table,
  optimize_table,
  repair_table,
  insert,
  replace,
  update,
  load_data,
  load_xml,
  call,
  do_,
  import_table,
  delete_,
  truncate,
  drop_table,
  drop_database,
  create_table,
  create_temporary_table,
  drop_temporary_table,
  alter_table,
  rename_table,
  create_index,
  drop_index,
  create_view,
  alter_view,
  drop_view,
  create_trigger,
  drop_trigger,
  create_routine,
  alter_routine,
  drop_routine,
  create_event,
  alter_event,
  drop_event,
  create_database,
  alter_database,
  create_sequence,
  alter_sequence,
  drop_sequence,
  other_schema,
  begin,
  commit,
  rollback,
  rollback_to_savepoint,
  savepoint,
  release_savepoint,
  set_autocommit,
  set_transaction,
  lock_tables,
  unlock_tables,
  xa,
  use,
  set,
  set_names,
  set_character_set,
  set_role,
  prepare,
  execute,
  deallocate,
  handler,
  reset_connection,
  account,
  administration,
};

// A table as the statement names it, unquoted. `schema` is empty when the session's database is meant.
struct TableName {
  std::string schema;
  std::string table;
  bool operator==(const TableName&) const = default;
};

// Why a replay of the same text need not give the same rows. Bits.
enum Doubt : std::uint32_t {
  doubt_none = 0,
  doubt_now_fraction = 1u << 0,  // NOW(6), CURRENT_TIMESTAMP(3), LOCALTIME(n), UTC_TIMESTAMP(n) …
  doubt_random = 1u << 1,        // RAND() without a seed, RANDOM_BYTES
  doubt_uuid = 1u << 2,          // UUID, UUID_SHORT, SYS_GUID
  doubt_sysdate = 1u << 3,       // SYSDATE
  doubt_load_data = 1u << 4,     // a file that the log does not hold; LOAD_FILE too
  doubt_connection = 1u << 5,    // CONNECTION_ID, USER, CURRENT_USER, SESSION_USER, DATABASE is fine
  doubt_locks = 1u << 6,         // GET_LOCK, RELEASE_LOCK, IS_FREE_LOCK, SLEEP, SKIP LOCKED, NOWAIT
  doubt_limit_without_order =
      1u << 7,  // UPDATE/DELETE … LIMIT with no ORDER BY; INSERT … SELECT … LIMIT likewise
  doubt_row_order = 1u << 8,         // INSERT/REPLACE … SELECT: ids follow the order of rows read
  doubt_row_count = 1u << 9,         // FOUND_ROWS, ROW_COUNT
  doubt_last_insert_id = 1u << 10,   // LAST_INSERT_ID() without argument
  doubt_user_variable = 1u << 11,    // reads or assigns @x outside a SET
  doubt_parameters = 1u << 12,       // a ? stands where a value should: bulk execution (facts.md)
  doubt_system_variable = 1u << 13,  // reads @@x
  doubt_version_comment = 1u << 14,  // holds /*! … */ or /*M! … */: what runs depends on the server
};

struct Statement {
  Statement();
  std::string_view text;  // without the `;` that ended it and without white space around it
  StatementClass cls = StatementClass::empty;
  Verb verb = Verb::none;
  std::uint32_t doubts = doubt_none;
  // Tables (for databases: schema set, table empty) that it changes, in order. CREATE TRIGGER: the trigger's
  // table. Other stored programs, CALL too: the schema that qualifies the name, if one does. RENAME TABLE:
  // old, new, old, new …
  // LOCK TABLES: those that it locks for writing; in `reads` those that it locks against it.
  std::vector<TableName> writes;
  std::vector<TableName> reads;

  // BEGIN: none. COMMIT/ROLLBACK AND CHAIN, … RELEASE.
  bool chain = false;
  bool release = false;
  // SET autocommit = ON|OFF: which. Where the value is an expression (@old, DEFAULT) this is true and
  // doubt_system_variable is set: the text does not tell.
  bool autocommit_value = false;
  // SAVEPOINT / ROLLBACK TO / RELEASE: its name; USE: the database; SET NAMES: the charset; PREPARE, EXECUTE:
  // the statement's name; triggers, routines (CALL too) and events: theirs; unquoted.
  std::string name;
  // Names new tables that live in the session only, or touches only such.
  bool temporary = false;
  // The statement ends an open transaction by itself (implicit commit, MySQL manual 15.3.3).
  bool commits = false;
  // Where it ends does not depend on sql_mode, character set or server version: no backslash in quotes, no
  // comments at all. Only such statements may share a packet with others.
  bool self_contained = false;
};

// One statement; `text` may have a trailing `;`. A text that holds more than one statement is `unparsed`.
Statement classify(std::string_view text, LexerOptions options = {});

// Cuts a packet at its top-level `;` — not inside quotes, comments or the BEGIN … END of a CREATE
// PROCEDURE/FUNCTION/TRIGGER/EVENT/PACKAGE body or an anonymous block — and classifies each piece. Empty
// pieces are left out unless all are. `unterminated` text makes its piece `unparsed`.
//
// An `unparsed` piece reaches to the packet's end: where one statement is not understood, neither is where
// the next begins. So does what stands behind an empty piece: there both servers stop with a syntax error
// (measured: `SELECT 1;;SELECT 2` gives one result).
std::vector<Statement> parse_packet(std::string_view packet, LexerOptions options = {});

// The text as one `unparsed` statement.
Statement unreadable(std::string_view text);

const char* to_string(StatementClass cls);

}  // namespace dw::sql
