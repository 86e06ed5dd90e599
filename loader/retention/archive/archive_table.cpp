#include "loader/retention/archive/archive_table.h"

#include <algorithm>
#include <array>
#include <set>

#include "common/sql/identifiers.h"
#include "common/sql/lexer.h"
#include "common/util/digest.h"
#include "common/util/letter_case.h"
#include "loader/retention/archive/names.h"

namespace dw::load {
namespace {

using sql::quote_identifier;

constexpr const char* kAt = "COALESCE(@dw_at, UTC_TIMESTAMP(6))";
constexpr std::string_view kMark = "/* dw ";
constexpr std::size_t kDigest = 16;
// With a prefix every index is far below InnoDB's 3072 bytes, and an archive row cannot be refused for it.
constexpr std::uint64_t kLongestText = 100;

// The variable that has what the row being put in has there.
std::string new_value(const TableId& table, const std::string& column) {
  return "@`dw_new_" + sha256_hex(quoted(table) + quote_identifier(column)).substr(0, kDigest) + "`";
}

std::string column_list(const TableShape& shape) {
  std::string out;
  for (const ShapeColumn& column : shape.columns) out += quote_identifier(column.name) + ", ";
  return out + "dw_deleted_at, dw_reason, dw_event";
}

std::string values_of(const TableShape& shape, const std::string& row, const std::string& reason) {
  std::string out;
  for (const ShapeColumn& column : shape.columns) out += row + "." + quote_identifier(column.name) + ", ";
  return out + kAt + ", " + reason + ", @dw_event";
}

std::string insert_old(const Keeping& keeping, const ArchiveTarget& target, const std::string& reason) {
  return "INSERT INTO " + quoted(target.table) + " (" + column_list(keeping.shape) + ") VALUES (" +
         values_of(keeping.shape, "OLD", reason) + "); ";
}

// The row goes to the first target whose condition holds.
std::string keep_old(const Keeping& keeping, const std::string& reason) {
  std::string out;
  for (const ArchiveTarget& target : keeping.targets) {
    const std::string insert = insert_old(keeping, target, reason);
    if (target.when.empty()) {
      out += out.empty() ? insert : "ELSE " + insert;
      break;
    }
    out += (out.empty() ? "IF " : "ELSEIF ") + target.when + " THEN " + insert;
  }
  if (out.starts_with("IF ")) out += "END IF; ";
  return out;
}

// BEFORE `event`, for each row.
ArchiveTrigger finished(std::string name, const TableId& table, const std::string& event,
                        const std::string& body) {
  ArchiveTrigger out{std::move(name), table, event, sha256_hex(event + body).substr(0, kDigest), ""};
  out.create = "CREATE TRIGGER " + quoted({table.schema, out.name}) + " BEFORE " + event + " ON " +
               quoted(table) + " FOR EACH ROW BEGIN " + std::string(kMark) + out.digest + " */ " + body +
               "END";
  return out;
}

std::string changed(const ShapeColumn& column) {
  const std::string name = quote_identifier(column.name);
  // By bytes: a collation calls 'a' and 'A' equal.
  if (!column.charset.empty())
    return "NOT (CAST(OLD." + name + " AS BINARY) <=> CAST(NEW." + name + " AS BINARY))";
  return "NOT (OLD." + name + " <=> NEW." + name + ")";
}

std::string some_changed(const TableShape& shape, History history) {
  std::string out;
  for (const ShapeColumn& column : shape.columns) {
    const bool in_key = std::any_of(shape.key.begin(), shape.key.end(),
                                    [&](const KeyPart& part) { return part.column == column.name; });
    if (history == History::all || in_key) out += (out.empty() ? "" : " OR ") + changed(column);
  }
  return out;
}

std::vector<std::string> key_columns(const TableShape& shape) {
  std::vector<std::string> out;
  for (const KeyPart& part : shape.key) out.push_back(part.column);
  if (!out.empty() && shape.key_is_primary) return out;
  out.clear();
  for (const ShapeColumn& column : shape.columns) out.push_back(column.name);
  return out;
}

const ShapeColumn* find_column(const std::vector<ShapeColumn>& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(), [&](const ShapeColumn& one) {
    return equals_ignoring_case(one.name, name);
  });
  return found == columns.end() ? nullptr : &*found;
}

// The view's columns: the live ones, then those that only the archive has.
std::vector<ShapeColumn> all_columns(const TableShape* live, const std::vector<Generation>& generations) {
  std::vector<ShapeColumn> out;
  if (live != nullptr) out = live->columns;
  std::for_each(generations.rbegin(), generations.rend(), [&out](const Generation& one) {
    for (const ShapeColumn& column : one.columns) {
      if (find_column(out, column.name) == nullptr) out.push_back(column);
    }
  });
  return out;
}

// A branch whose character set or collation is another one says explicitly which the union has: servers
// refuse to choose (error 1271). Only to utf8mb4, where no character is lost.
std::string branch_column(const ShapeColumn& wanted, const std::vector<ShapeColumn>& columns) {
  const ShapeColumn* own = find_column(columns, wanted.name);
  if (own == nullptr) return "NULL AS " + quote_identifier(wanted.name);
  const std::string name = quote_identifier(own->name);
  if (own->collation == wanted.collation || own->charset.empty() || wanted.charset.empty())
    return own->name == wanted.name ? name : name + " AS " + quote_identifier(wanted.name);
  const std::string collation =
      wanted.charset == "utf8mb4" ? wanted.collation : std::string("utf8mb4_general_ci");
  return "CONVERT(" + name + " USING utf8mb4) COLLATE " + collation + " AS " + quote_identifier(wanted.name);
}

std::string branch(const std::vector<ShapeColumn>& wanted, const std::vector<ShapeColumn>& columns) {
  std::string out = "SELECT ";
  for (const ShapeColumn& column : wanted) out += branch_column(column, columns) + ", ";
  return out;
}

bool holds_text_or_bytes(const ShapeColumn& column) {
  static constexpr std::array kTypes{"char",     "varchar", "binary",     "varbinary",
                                     "tinytext", "text",    "mediumtext", "longtext",
                                     "tinyblob", "blob",    "mediumblob", "longblob"};
  const std::string base = column.type.substr(0, column.type.find_first_of("( "));
  return std::find(kTypes.begin(), kTypes.end(), base) != kTypes.end();
}

// For an index over the column.
std::optional<std::uint64_t> prefix_for(const ShapeColumn& column) {
  if (!holds_text_or_bytes(column)) return std::nullopt;
  const std::size_t open = column.type.find('(');
  const bool is_long = open == std::string::npos || std::stoull(column.type.substr(open + 1)) > kLongestText;
  return is_long ? std::optional(kLongestText) : std::nullopt;
}

std::string kept_copies(const Keeping& child, const CascadeCopy& copy, const std::string& reason) {
  std::string out;
  for (const std::string& sql : copies_of(child, copy.with, copy.from, reason))
    out += sql + "; SET @dw_kept = COALESCE(@dw_kept, 0) + ROW_COUNT(); ";
  return out;
}

bool in_primary_key(const TableShape& shape, const std::string& name) {
  return shape.key_is_primary && std::any_of(shape.key.begin(), shape.key.end(), [&](const KeyPart& part) {
           return equals_ignoring_case(part.column, name);
         });
}

// The former row of the edge's child is kept where its primary key changes, with `all` always.
bool keeps_child(const CascadeEdge& edge, const TableShape* child, History history) {
  if (child == nullptr) return false;
  return history == History::all ||
         std::any_of(edge.columns.begin(), edge.columns.end(),
                     [&](const std::string& name) { return in_primary_key(*child, name); });
}

// None of what the edge refers to changes.
std::string unchanged(const TableShape& shape, const std::vector<std::string>& referenced) {
  std::string out;
  for (const std::string& name : referenced) {
    const ShapeColumn* column = find_column(shape.columns, name);
    if (column != nullptr) out += (out.empty() ? "NOT (" : " OR ") + changed(*column);
  }
  return out.empty() ? "" : out + ")";
}

}  // namespace

TableShape with_values_outside(TableShape shape) {
  for (ShapeColumn& column : shape.columns) {
    const bool outside =
        column.type.find("text") != std::string::npos || column.type.find("blob") != std::string::npos;
    if (!holds_text_or_bytes(column) || outside) continue;
    column.type = column.charset.empty() ? "mediumblob" : "mediumtext";
  }
  return shape;
}

std::string over_table(const std::string& expression) {
  std::string out;
  sql::Lexer lexer(expression);
  const char* copied = expression.data();
  for (sql::Token token = lexer.next(); token.kind != sql::TokenKind::end; token = lexer.next()) {
    if (!token.is("OLD")) continue;
    out.append(copied, token.text.data());
    out += "t";
    copied = token.text.data() + token.text.size();
  }
  return out.append(copied, expression.data() + expression.size());
}

std::string create_archive_table(const TableShape& shape, const TableId& name, const std::string& engine) {
  std::string out = "CREATE TABLE IF NOT EXISTS " + quoted(name) + " (";
  for (const ShapeColumn& column : shape.columns) {
    out += quote_identifier(column.name) + " " + column.type;
    if (!column.charset.empty()) out += " CHARACTER SET " + column.charset + " COLLATE " + column.collation;
    out += " NULL DEFAULT NULL, ";
  }
  out +=
      "dw_deleted_at DATETIME(6) NULL, dw_reason VARCHAR(32) CHARACTER SET ascii NULL, "
      "dw_event VARCHAR(160) CHARACTER SET ascii NULL";
  std::string key;
  for (const KeyPart& part : shape.key) {
    const ShapeColumn* column = find_column(shape.columns, part.column);
    const std::optional<std::uint64_t> prefix =
        part.prefix || column == nullptr ? part.prefix : prefix_for(*column);
    key += (key.empty() ? "" : ", ") + quote_identifier(part.column) +
           (prefix ? "(" + std::to_string(*prefix) + ")" : "");
  }
  if (!key.empty()) out += ", KEY dw_key (" + key + ")";
  return out + ") ENGINE=" + engine + " DEFAULT CHARACTER SET utf8mb4";
}

std::vector<std::string> copies_of(const Keeping& keeping, const std::string& with, const std::string& from,
                                   const std::string& reason) {
  std::vector<std::string> out;
  std::string before;
  for (const ArchiveTarget& target : keeping.targets) {
    std::string sql = "INSERT INTO " + quoted(target.table) + " (" + column_list(keeping.shape) + ") " +
                      with + "SELECT " + values_of(keeping.shape, "t", reason) + " FROM " + from + before;
    if (target.when.empty()) {
      out.push_back(std::move(sql));
      break;
    }
    const std::string when = over_table(target.when);
    out.push_back(sql + " AND (" + when + ")");
    before += " AND NOT COALESCE(" + when + ", FALSE)";
  }
  return out;
}

ArchiveTrigger delete_trigger(const Keeping& keeping, const std::vector<CascadeEdge>& all_edges,
                              const std::vector<Keeping>& children, Replacing replacing) {
  std::vector<CascadeEdge> edges = all_edges;
  for (CascadeEdge& edge : edges) {
    if (replacing != Replacing::spares_children || edge.parent != keeping.shape.id) continue;
    edge.unless = "@dw_reason = 'replace' AND " + std::string(kTakesChildren) + " IS NULL";
    for (const std::string& column : edge.referenced)
      edge.unless += " AND " + new_value(edge.parent, column) + " <=> OLD." + quote_identifier(column);
  }
  std::string body = keep_old(keeping, "COALESCE(@dw_reason, 'delete')");
  body += "SET @dw_kept = COALESCE(@dw_kept, 0) + 1; ";
  if (keeping.store) body += note_old(*keeping.store);
  std::string cascades;
  for (const CascadeCopy& copy : cascade_copies(keeping.shape.id, key_columns(keeping.shape), edges)) {
    const auto child = std::find_if(children.begin(), children.end(),
                                    [&](const Keeping& one) { return one.shape.id == copy.child; });
    if (child == children.end()) continue;
    cascades += kept_copies(*child, copy, copy.stays ? "'update'" : "'cascade'");
    if (child->store && !copy.stays) cascades += note_rows(*child->store, copy.with, copy.from) + "; ";
  }
  if (!cascades.empty()) body += "IF @@foreign_key_checks THEN " + cascades + "END IF; ";
  if (keeping.store) body = std::string("IF ") + kTakingOut + " IS NULL THEN " + body + "END IF; ";
  return finished(delete_trigger_name(keeping.shape.id.table), keeping.shape.id, "DELETE", body);
}

ArchiveTrigger insert_trigger(const TableShape& shape, const std::vector<CascadeEdge>& edges) {
  std::set<std::string> columns;
  for (const CascadeEdge& edge : edges) {
    if (edge.parent == shape.id && edge.on_delete != KeyAction::none)
      columns.insert(edge.referenced.begin(), edge.referenced.end());
  }
  std::string body;
  for (const std::string& column : columns)
    body +=
        (body.empty() ? "SET " : ", ") + new_value(shape.id, column) + " = NEW." + quote_identifier(column);
  return finished(insert_trigger_name(shape.id.table), shape.id, "INSERT", body + "; ");
}

std::set<std::string> columns_of_children(const TableId& root, History history,
                                          const std::vector<CascadeEdge>& edges,
                                          const std::map<TableId, TableShape>& tables) {
  return columns_of_updates(root, edges, [&](const CascadeEdge& edge) {
    const auto child = tables.find(edge.child);
    return keeps_child(edge, child == tables.end() ? nullptr : &child->second, history);
  });
}

ArchiveTrigger update_trigger(const Keeping& keeping, History history,
                              const std::vector<CascadeEdge>& all_edges,
                              const std::vector<Keeping>& children) {
  const TableShape& shape = keeping.shape;
  const std::string reason = "IF(@dw_reason IN ('repair', 'displaced'), @dw_reason, " +
                             std::string(history == History::all ? "'update'" : "'key update'") + ")";
  std::string body;
  if (history == History::all || shape.key_is_primary)
    body = "IF " + some_changed(shape, history) + " THEN " + keep_old(keeping, reason) +
           "SET @dw_kept = COALESCE(@dw_kept, 0) + 1; END IF; ";
  std::vector<CascadeEdge> edges = all_edges;
  for (CascadeEdge& edge : edges) {
    if (edge.parent == shape.id) edge.unless = unchanged(shape, edge.referenced);
  }
  const auto find = [&](const TableId& id) {
    const auto found = std::find_if(children.begin(), children.end(),
                                    [&](const Keeping& one) { return one.shape.id == id; });
    return found == children.end() ? nullptr : &*found;
  };
  const auto keeps = [&](const CascadeEdge& edge) {
    const Keeping* child = find(edge.child);
    return keeps_child(edge, child == nullptr ? nullptr : &child->shape, history);
  };
  std::string copies;
  for (const CascadeCopy& copy : update_copies(shape.id, key_columns(shape), edges, keeps))
    copies += kept_copies(*find(copy.child), copy, reason);
  if (!copies.empty()) {
    const std::set<std::string> referenced = columns_of_updates(shape.id, edges, keeps);
    const std::string same = unchanged(shape, {referenced.begin(), referenced.end()});
    body += "IF @@foreign_key_checks AND NOT " + same + " THEN " + copies + "END IF; ";
  }
  return finished(update_trigger_name(shape.id.table), shape.id, "UPDATE", body);
}

std::string digest_in(const std::string& body) {
  const std::size_t at = body.find(kMark);
  return at == std::string::npos ? "" : body.substr(at + kMark.size(), kDigest);
}

std::string view_query(const TableShape* live, const std::vector<Generation>& generations,
                       const Store* store) {
  const std::vector<ShapeColumn> columns = all_columns(live, generations);
  std::string out;
  if (live != nullptr) {
    out = branch(columns, live->columns) +
          "NULL AS dw_deleted_at, NULL AS dw_reason, NULL AS dw_event FROM " + quoted(live->id);
    if (store != nullptr) out += " AS l WHERE " + is_not_kept(*store);
  }
  for (const Generation& one : generations) {
    out += (out.empty() ? "" : " UNION ALL ") + branch(columns, one.columns) +
           "dw_deleted_at, dw_reason, dw_event FROM " + quoted(one.table) +
           " WHERE (dw_reason IS NULL OR dw_reason <> 'repair')";
    std::string events;
    for (const std::string& event : one.void_events)
      events += (events.empty() ? "" : ", ") + sql::quote_literal(event);
    if (!events.empty()) out += " AND (dw_event IS NULL OR dw_event NOT IN (" + events + "))";
  }
  return out;
}

}  // namespace dw::load
