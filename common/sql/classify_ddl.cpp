// Statements about tables, databases, programs and accounts (MySQL manual 15.1, 15.7.1; what
// commits: 15.3.3).
#include <utility>

#include "common/sql/classifier.h"
#include "common/sql/word_table.h"

namespace dw::sql {

// From behind CREATE, ALTER or DROP to the word that names the kind of object.
std::size_t Classifier::object_position(std::size_t i) const {
  for (std::size_t k = i; k < i + 32 && !ends_at(k); ++k) {
    switch (at(k).keyword) {
      case K::k_table:
      case K::k_tables:
      case K::k_view:
      case K::k_trigger:
      case K::k_procedure:
      case K::k_function:
      case K::k_event:
      case K::k_package:
      case K::k_database:
      case K::k_schema:
      case K::k_index:
      case K::k_sequence:
      case K::k_user:
      case K::k_role:
      case K::k_server:
      case K::k_tablespace:
      case K::k_logfile:
      case K::k_resource:
      case K::k_instance:
      case K::k_reference:
      case K::k_prepare:
      case K::k_catalog:
        // DEFINER = user: a name, as is what follows "="
        if (is(k - 1, CompactKind::equals)) break;
        return k;
      default:
        break;
    }
  }
  return tokens_.size();
}

// Behind IF [NOT] EXISTS.
std::size_t Classifier::behind_exists(std::size_t i) const {
  if (!is(i, K::k_if)) return i;
  ++i;
  if (is(i, K::k_not)) ++i;
  return is(i, K::k_exists) ? i + 1 : i;
}

void Classifier::create(std::size_t i) {
  const std::size_t object = object_position(i + 1);
  bool temporary = false;
  for (std::size_t k = i + 1; k < object; ++k) temporary = temporary || is(k, K::k_temporary);
  const bool replaces = is(i + 1, K::k_or) && is(i + 2, K::k_replace);
  switch (at(object).keyword) {
    case K::k_table:
      return create_table(object + 1, temporary, replaces);
    case K::k_view: {
      become(StatementClass::schema, Verb::create_view, true);
      TableName view;
      const std::size_t name = behind_exists(object + 1);
      const std::size_t behind = scan_.parse_name(name, view);
      if (behind == name) return unparsed();
      scan_.add_write(std::move(view));
      std::size_t body = behind;
      if (is(body, CompactKind::open)) body = behind_parentheses(tokens_, body);
      scan_.run(body, tokens_.size());
      statement_.doubts = doubt_none;
      if (scan_.broken() || ends_at(body)) unparsed();
      return;
    }
    case K::k_trigger:
      return stored_program(object, Verb::create_trigger);
    case K::k_procedure:
    case K::k_function:
      return stored_program(object, Verb::create_routine);
    case K::k_event:
      return stored_program(object, Verb::create_event);
    case K::k_database:
    case K::k_schema:
      return database(object + 1, Verb::create_database,
                      replaces ? StatementClass::destructive : StatementClass::schema);
    case K::k_index:
      return index(object, Verb::create_index);
    case K::k_sequence:
      return named_objects(object + 1, Verb::create_sequence, StatementClass::schema);
    case K::k_user:
    case K::k_role:
      return become(StatementClass::account, Verb::account, true);
    case K::k_server:
    case K::k_tablespace:
    case K::k_logfile:
    case K::k_resource:
    case K::k_catalog:
    case K::k_reference:
      return become(StatementClass::administration, Verb::administration, true);
    default:
      return unparsed();
  }
}

// `i` is behind TABLE. Column definitions are not looked at: their DEFAULT NOW(6) runs with later inserts.
void Classifier::create_table(std::size_t i, bool temporary, bool replaces) {
  become(StatementClass::schema, Verb::create_table, true);
  if (replaces) statement_.cls = StatementClass::destructive;
  if (temporary) {
    become(StatementClass::session_state, Verb::create_temporary_table);
    statement_.temporary = true;
  }
  i = behind_exists(i);
  TableName created;
  std::size_t k = scan_.parse_name(i, created);
  if (k == i || ends_at(k)) return unparsed();
  scan_.add_write(std::move(created));
  const std::size_t like = is(k, CompactKind::open) ? k + 1 : k;
  if (is(like, K::k_like)) {
    TableName model;
    if (scan_.parse_name(like + 1, model) == like + 1) return unparsed();
    scan_.add_read(std::move(model));
    return;
  }
  while (!ends_at(k)) {
    std::size_t inner = k;
    while (is(inner, CompactKind::open)) ++inner;
    const bool opens_query =
        is(inner, K::k_select) || (is(inner, K::k_table) && inner > k) || is(inner, K::k_values);
    const bool as_table = is(k, K::k_table) && is(k - 1, K::k_as);
    const bool with = is(inner, K::k_with) && (is(inner + 1, K::k_recursive) || is(inner + 2, K::k_as) ||
                                               is(inner + 2, CompactKind::open));
    if ((opens_query && (inner > k || is(k, K::k_select) || is(k - 1, K::k_as))) || as_table || with) {
      statement_.doubts |= doubt_row_order;
      scan_.run(k, tokens_.size());
      if (scan_.limit_without_order()) statement_.doubts |= doubt_limit_without_order;
      break;
    }
    if (is(k, CompactKind::close) || is(k, CompactKind::semicolon)) return unparsed();
    k = is(k, CompactKind::open) ? behind_parentheses(tokens_, k) : k + 1;
  }
  if (scan_.broken()) unparsed();
}

// CREATE, ALTER and DROP of triggers, routines and events: the body is not looked at.
void Classifier::stored_program(std::size_t object, Verb verb) {
  become(StatementClass::schema, verb, true);
  std::size_t i = behind_exists(object + 1);
  TableName program;
  const std::size_t behind = scan_.parse_name(i, program);
  if (behind == i) return unparsed();
  statement_.name = program.table;
  if (!program.schema.empty()) scan_.add_write({program.schema, ""});
  if (verb != Verb::create_trigger) return;
  for (i = behind; i < behind + 12 && !ends_at(i); ++i) {
    if (!is(i, K::k_on)) continue;
    TableName table;
    if (scan_.parse_name(i + 1, table) == i + 1) break;
    if (table.schema.empty()) table.schema = program.schema;
    statement_.writes.clear();
    scan_.add_write(std::move(table));
    return;
  }
  unparsed();
}

// [IF [NOT] EXISTS] a, db.b, …
void Classifier::named_objects(std::size_t i, Verb verb, StatementClass cls) {
  become(cls, verb, true);
  i = behind_exists(i);
  for (;; ++i) {
    TableName object;
    const std::size_t behind = scan_.parse_name(i, object);
    if (behind == i) return unparsed();
    scan_.add_write(std::move(object));
    i = behind;
    if (!is(i, CompactKind::comma)) return;
  }
}

// CREATE | DROP INDEX name … ON t
void Classifier::index(std::size_t i, Verb verb) {
  become(StatementClass::schema, verb, true);
  for (; !ends_at(i); ++i) {
    if (!is(i, K::k_on)) continue;
    TableName table;
    if (scan_.parse_name(i + 1, table) == i + 1) break;
    scan_.add_write(std::move(table));
    return;
  }
  unparsed();
}

void Classifier::database(std::size_t i, Verb verb, StatementClass cls) {
  become(cls, verb, true);
  i = behind_exists(i);
  if (!at(i).is_name()) return verb == Verb::alter_database ? void() : unparsed();
  // ALTER DATABASE CHARACTER SET …: the session's database is meant.
  const bool option = is(i, K::k_character) || is(i, K::k_charset) || is(i, K::k_collate) ||
                      is(i, K::k_default) || is(i, K::k_read) || is_word(i, "ENCRYPTION") ||
                      is(i, K::k_comment);
  if (verb == Verb::alter_database && option) return;
  scan_.add_write({name_of(at(i)), ""});
}

void Classifier::alter(std::size_t i) {
  const std::size_t object = object_position(i + 1);
  switch (at(object).keyword) {
    case K::k_table:
      return alter_table(object + 1);
    case K::k_view: {
      const std::size_t name = behind_exists(object + 1);
      become(StatementClass::schema, Verb::alter_view, true);
      TableName view;
      const std::size_t behind = scan_.parse_name(name, view);
      if (behind == name) return unparsed();
      scan_.add_write(std::move(view));
      std::size_t body = behind;
      if (is(body, CompactKind::open)) body = behind_parentheses(tokens_, body);
      scan_.run(body, tokens_.size());
      statement_.doubts = doubt_none;
      if (scan_.broken()) unparsed();
      return;
    }
    case K::k_procedure:
    case K::k_function:
      return stored_program(object, Verb::alter_routine);
    case K::k_event:
      return stored_program(object, Verb::alter_event);
    case K::k_database:
    case K::k_schema:
      return database(object + 1, Verb::alter_database, StatementClass::schema);
    case K::k_sequence:
      return named_objects(object + 1, Verb::alter_sequence, StatementClass::schema);
    case K::k_user:
    case K::k_role:
      return become(StatementClass::account, Verb::account, true);
    case K::k_server:
    case K::k_tablespace:
    case K::k_logfile:
    case K::k_resource:
    case K::k_catalog:
    case K::k_instance:
      return become(StatementClass::administration, Verb::administration, true);
    default:
      return unparsed();
  }
}

// `i` is behind TABLE. A new name and an exchanged partition's table are written too.
void Classifier::alter_table(std::size_t i) {
  become(StatementClass::schema, Verb::alter_table, true);
  i = behind_exists(i);
  TableName altered;
  const std::size_t behind = scan_.parse_name(i, altered);
  if (behind == i) return unparsed();
  scan_.add_write(std::move(altered));
  std::size_t depth = 0;
  for (i = behind; !ends_at(i); ++i) {
    if (is(i, CompactKind::semicolon)) return unparsed();
    if (is(i, CompactKind::open)) ++depth;
    if (is(i, CompactKind::close) && depth-- == 0) return unparsed();
    if (depth > 0) continue;
    std::size_t name = 0;
    if (is(i, K::k_rename) && !is(i + 1, K::k_index) && !is(i + 1, K::k_key) && !is(i + 1, K::k_column)) {
      name = i + 1;
      if (is(name, K::k_to) || is(name, K::k_as) || is(name, CompactKind::equals)) ++name;
    } else if (is(i, K::k_with) && is(i + 1, K::k_table)) {
      name = i + 2;
    }
    if (name == 0) continue;
    TableName other;
    if (scan_.parse_name(name, other) != name) scan_.add_write(std::move(other));
  }
  if (depth > 0) unparsed();
}

void Classifier::drop(std::size_t i) {
  const std::size_t object = object_position(i + 1);
  const bool temporary = is(i + 1, K::k_temporary);
  switch (at(object).keyword) {
    case K::k_table:
    case K::k_tables:
      named_objects(object + 1, Verb::drop_table, StatementClass::destructive);
      break;
    case K::k_sequence:
      named_objects(object + 1, Verb::drop_sequence, StatementClass::schema);
      break;
    case K::k_view:
      return named_objects(object + 1, Verb::drop_view, StatementClass::schema);
    case K::k_trigger:
      return stored_program(object, Verb::drop_trigger);
    case K::k_procedure:
    case K::k_function:
      return stored_program(object, Verb::drop_routine);
    case K::k_event:
      return stored_program(object, Verb::drop_event);
    case K::k_database:
    case K::k_schema:
      return database(object + 1, Verb::drop_database, StatementClass::destructive);
    case K::k_index:
      return index(object, Verb::drop_index);
    case K::k_prepare: {
      become(StatementClass::session_state, Verb::deallocate);
      statement_.name = name_of(at(object + 1));
      return;
    }
    case K::k_user:
    case K::k_role:
      return become(StatementClass::account, Verb::account, true);
    case K::k_server:
    case K::k_tablespace:
    case K::k_logfile:
    case K::k_resource:
    case K::k_catalog:
    case K::k_reference:
      return become(StatementClass::administration, Verb::administration, true);
    default:
      return unparsed();
  }
  if (temporary && statement_.cls != StatementClass::unparsed) {
    become(StatementClass::session_state,
           statement_.verb == Verb::drop_table ? Verb::drop_temporary_table : statement_.verb);
    statement_.temporary = true;
  }
}

// RENAME TABLE a TO b, c TO d; RENAME USER …
void Classifier::rename(std::size_t i) {
  if (is(i + 1, K::k_user)) return become(StatementClass::account, Verb::account, true);
  if (!is(i + 1, K::k_table) && !is(i + 1, K::k_tables)) return unparsed();
  become(StatementClass::schema, Verb::rename_table, true);
  i = behind_exists(i + 2);
  for (;; ++i) {
    for (int side = 0; side < 2; ++side) {
      TableName table;
      const std::size_t behind = scan_.parse_name(i, table);
      if (behind == i) return unparsed();
      // a swap names a table twice: every pair stays whole
      statement_.writes.push_back(std::move(table));
      i = behind;
      if (side == 0) {
        if (is(i, K::k_wait)) i += 2;
        if (is(i, K::k_nowait)) ++i;
        if (!is(i, K::k_to)) return unparsed();
        ++i;
      }
    }
    if (!is(i, CompactKind::comma)) break;
  }
  if (!ends_at(i)) unparsed();
}

}  // namespace dw::sql
