#include "loader/restore/collector.h"

#include <algorithm>

#include "common/sql/identifiers.h"
#include "common/util/error.h"

namespace dw::load::restore {
namespace {

constexpr std::size_t kKeysPerQuery = 200;

std::vector<Column> pick_columns(const std::vector<Column>& columns, const std::vector<std::string>& names) {
  std::vector<Column> out;
  out.reserve(names.size());
  for (const std::string& name : names) out.push_back(columns[*find_column(columns, name)]);
  return out;
}

bool is_keyed(const Shape& shape, const Branch& branch) {
  return !shape.key.empty() && has_columns(branch.columns, shape.key);
}

// Keys of characters: which of them are the same is for the column's collation to say.
bool needs_collation(const Shape& shape) {
  return std::any_of(shape.key.begin(), shape.key.end(), [&](const std::string& name) {
    return std::any_of(shape.branches.begin(), shape.branches.end(), [&](const Branch& branch) {
      const auto place = find_column(branch.columns, name);
      return place && !branch.columns[*place].charset.empty();
    });
  });
}

bool has_null(const std::vector<Value>& values) {
  return std::any_of(values.begin(), values.end(), [](const Value& value) { return !value; });
}

// Runs `use` on at most `size` keys at a time.
template <typename Key, typename Use>
void in_pieces(const std::vector<Key>& keys, std::size_t size, const Use& use) {
  for (std::size_t begin = 0; begin < keys.size(); begin += size) {
    const auto first = keys.begin() + static_cast<std::ptrdiff_t>(begin);
    use(std::vector<Key>(first, first + static_cast<std::ptrdiff_t>(std::min(size, keys.size() - begin))));
  }
}

// The archive's table as it is seen through the restored table's columns: those that both have, in its order.
void fit(Branch& branch, const std::vector<Column>& columns) {
  std::vector<Column> fitting;
  for (const Column& column : columns) {
    const auto place = find_column(branch.columns, column.name);
    if (!place) continue;
    fitting.push_back(branch.columns[*place]);
    fitting.back().name = column.name;
    fitting.back().generated = column.generated;
  }
  branch.columns = std::move(fitting);
}

}  // namespace

Collector::Collector(mysql::Connection& mirror, Catalog* target)
    : mirror_(mirror), catalog_(mirror), target_(target) {}

// The values come as the bytes that are stored, times in UTC, and nothing can be written.
void Collector::open_snapshot(const Request& request) {
  mirror_.execute(std::string("SET time_zone='+00:00', sql_mode='") + kSqlMode +
                  "', character_set_results=NULL");
  mirror_.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  mirror_.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
  // For names of tables in a sub-query of --where.
  if (catalog_.has_database(request.table.schema))
    mirror_.execute("USE " + sql::quote_identifier(request.table.schema));
}

Plan Collector::collect(const Request& request) {
  request_ = request;
  open_snapshot(request);
  const auto shape = shape_of(request.table);
  if (!shape) {
    throw Error(ExitCode::usage, "the mirror has no table " + shown(request.table) + " and no archive of it",
                "name it as --table DATABASE.TABLE");
  }
  std::vector<Row> rows;
  try {
    rows = pick(*shape, request.where);
  } catch (const mysql::SqlError& error) {
    if (error.connection_is_gone()) throw;
    std::string said = error.what();  // it may cite the end of the condition's line
    std::replace(said.begin(), said.end(), '\n', ' ');
    throw Error(ExitCode::usage, "the mirror refuses --where: " + said,
                "it is a condition over the columns of " + shown(request.table));
  }
  add(std::move(rows), Part::picked);
  if (request.with_children) add_children();
  add_parents();
  return std::move(plan_);
}

std::optional<std::size_t> Collector::shape_of(const sql::TableName& table) {
  const auto [place, is_new] = shapes_.try_emplace({table.schema, table.table});
  if (!is_new) return place->second;
  if (auto shape = read_shape(table)) {
    place->second = plan_.shapes.size();
    plan_.shapes.push_back(std::move(*shape));
  }
  return place->second;
}

std::optional<Shape> Collector::read_shape(const sql::TableName& table) {
  std::optional<Shape> shape = catalog_.table(table);
  const bool live = shape.has_value();
  std::vector<Branch> archives = catalog_.archives(table);
  if (!live && archives.empty()) return std::nullopt;
  if (!shape && target_ != nullptr) shape = target_->table(table);
  if (!shape) {
    shape.emplace();
    shape->name = table;
    shape->columns = archives.back().columns;
    shape->key = catalog_.archive_key(archives.back().name);
    // Then it was not the primary key, but a unique key that takes NULL.
    const bool no_key = std::any_of(archives.begin(), archives.end(), [&](const Branch& archive) {
      return catalog_.has_null(archive, shape->key);
    });
    if (no_key) shape->key.clear();
  }
  if (live) shape->branches.push_back({table, true, 0, shape->columns});
  for (Branch& archive : archives) {
    fit(archive, shape->columns);
    shape->branches.push_back(std::move(archive));
  }
  return shape;
}

std::vector<Collector::Image> Collector::images(std::size_t shape, std::size_t branch,
                                                const Condition& condition, const Condition& wanted) {
  const Shape& of = plan_.shapes[shape];
  const Branch& from = of.branches[branch];
  std::vector<Image> out;
  mirror_.stream(images_query({of, from, request_.as_of}, condition, wanted), [&](mysql::Row values) {
    const auto text = [&](std::size_t i) { return std::string(values[i].value_or("")); };
    Image& image = out.emplace_back();
    image.origin = {from.live, from.generation, text(0), text(1), text(2)};
    image.wanted = values[3] == "1";
    image.row.shape = shape;
    image.row.branch = branch;
    image.row.live = from.live;
    for (std::size_t i = 0; i < from.columns.size(); ++i)
      image.row.values.push_back(normal_value(from.columns[i], values[kImageColumns + i]));
    return true;
  });
  return out;
}

// The rows whose state meets the condition. First the keys of all images that meet it, then all images of
// these keys: a row whose state is another image must not come back as it was before.
std::vector<Row> Collector::pick(std::size_t shape, const Condition& condition) {
  std::vector<Row> out;
  std::set<Key> keys;
  for (std::size_t branch = 0; branch < plan_.shapes[shape].branches.size(); ++branch) {
    const Shape& of = plan_.shapes[shape];
    if (!is_keyed(of, of.branches[branch])) {
      for (Image& image : images(shape, branch, condition, condition)) {
        if (is_row(image.origin)) out.push_back(std::move(image.row));
      }
      continue;
    }
    const std::vector<Column> columns = pick_columns(of.branches[branch].columns, of.key);
    mirror_.stream(keys_query({of, of.branches[branch], request_.as_of}, condition), [&](mysql::Row values) {
      Key key;
      for (std::size_t i = 0; i < columns.size(); ++i) key.push_back(normal_value(columns[i], values[i]));
      keys.insert(std::move(key));
      return true;
    });
  }
  const std::size_t size = needs_collation(plan_.shapes[shape]) ? 1 : kKeysPerQuery;
  in_pieces(std::vector<Key>(keys.begin(), keys.end()), size, [&](const std::vector<Key>& piece) {
    for (Row& row : pick_by_keys(shape, piece, condition)) out.push_back(std::move(row));
  });
  return out;
}

std::vector<Row> Collector::pick_by_keys(std::size_t shape, const std::vector<Key>& keys,
                                         const Condition& wanted) {
  const Shape& of = plan_.shapes[shape];
  std::map<Key, std::vector<Image>> by_key;
  for (std::size_t branch = 0; branch < of.branches.size(); ++branch) {
    if (!is_keyed(of, of.branches[branch])) continue;
    const auto columns = pick_columns(of.branches[branch].columns, of.key);
    for (Image& image : images(shape, branch, any_of(columns, keys), wanted)) {
      const Key key = keys.size() == 1 ? keys.front() : values_of(plan_, image.row, of.key);
      by_key[key].push_back(std::move(image));
    }
  }
  std::vector<Row> out;
  for (auto& [key, all] : by_key) {
    std::vector<Origin> origins;
    for (const Image& image : all) origins.push_back(image.origin);
    const auto state = state_of(origins, request_.as_of.empty() ? Moment::last : Moment::as_of);
    if (state && all[*state].wanted) out.push_back(std::move(all[*state].row));
  }
  return out;
}

// Rows that are in the plan already are not added again. Of rows without a key, which may be alike, as many
// are there as were found at once.
std::vector<std::size_t> Collector::add(std::vector<Row> rows, Part part) {
  std::vector<std::size_t> out;
  std::map<std::pair<std::size_t, Key>, std::size_t> found_now;
  for (Row& row : rows) {
    Key identity = row.values;
    if (has_key(plan_, row)) {
      identity = values_of(plan_, row, plan_.shapes[row.shape].key);
    } else {
      identity.emplace_back("without key, branch " + std::to_string(row.branch));
    }
    const auto id = std::pair(row.shape, std::move(identity));
    std::vector<std::size_t>& same = places_[id];
    const std::size_t copy = found_now[id]++;
    if (copy == same.size()) {
      same.push_back(plan_.rows.size());
      row.part = part;
      plan_.rows.push_back(std::move(row));
    } else if (part == Part::picked) {
      plan_.rows[same[copy]].part = part;
    }
    out.push_back(same[copy]);
  }
  return out;
}

void Collector::add_children() {
  for (std::size_t begin = 0; begin < plan_.rows.size();) {
    std::map<std::size_t, std::vector<std::size_t>> by_shape;
    for (std::size_t i = begin; i < plan_.rows.size(); ++i) by_shape[plan_.rows[i].shape].push_back(i);
    begin = plan_.rows.size();
    for (const auto& [shape, rows] : by_shape) add_children_of(shape, rows);
  }
}

void Collector::add_children_of(std::size_t shape, const std::vector<std::size_t>& rows) {
  for (const auto& [child, foreign_key] : catalog_.referencing(plan_.shapes[shape].name)) {
    const auto child_shape = shape_of(child);
    if (!child_shape || !has_columns(plan_.shapes[*child_shape].columns, foreign_key.columns)) continue;
    std::set<Key> keys;
    for (const std::size_t row : rows) {
      Key key = values_of(plan_, plan_.rows[row], foreign_key.parent_columns);
      if (!key.empty() && !has_null(key)) keys.insert(std::move(key));
    }
    const auto columns = pick_columns(plan_.shapes[*child_shape].columns, foreign_key.columns);
    in_pieces(std::vector<Key>(keys.begin(), keys.end()), kKeysPerQuery, [&](const std::vector<Key>& piece) {
      add(pick(*child_shape, any_of(columns, piece)), Part::picked);
    });
  }
}

void Collector::add_parents() {
  for (std::size_t begin = 0; begin < plan_.rows.size();) {
    std::map<std::size_t, std::vector<std::size_t>> by_shape;
    for (std::size_t i = begin; i < plan_.rows.size(); ++i) by_shape[plan_.rows[i].shape].push_back(i);
    begin = plan_.rows.size();
    for (const auto& [shape, rows] : by_shape) {
      const std::vector<ForeignKey> foreign_keys = plan_.shapes[shape].foreign_keys;
      for (const ForeignKey& foreign_key : foreign_keys) add_parents_of(foreign_key, rows);
    }
  }
}

void Collector::add_parents_of(const ForeignKey& foreign_key, const std::vector<std::size_t>& rows) {
  std::string name = quoted(foreign_key.parent);
  for (const std::string& column : foreign_key.parent_columns) name += " " + sql::quote_identifier(column);
  Found& found = looked_up_[name];
  std::map<std::size_t, Key> wanted;  // by row
  std::set<Key> unknown;
  for (const std::size_t row : rows) {
    Key key = values_of(plan_, plan_.rows[row], foreign_key.columns);
    if (key.empty() || has_null(key)) continue;  // MATCH SIMPLE: such a row references nothing
    if (!found.contains(key)) unknown.insert(key);
    wanted.emplace(row, std::move(key));
  }
  const auto parent = shape_of(foreign_key.parent);
  if (parent && has_columns(plan_.shapes[*parent].columns, foreign_key.parent_columns))
    look_up(*parent, foreign_key.parent_columns, {unknown.begin(), unknown.end()}, found);
  for (const auto& [row, key] : wanted) {
    const auto& parents = found[key];
    auto& own = plan_.rows[row].parents;
    own.insert(own.end(), parents.begin(), parents.end());
    if (!parents.empty()) continue;
    const sql::TableName& from = plan_.shapes[plan_.rows[row].shape].name;
    const std::string values = any_of(columns_of(plan_, plan_.rows[row], foreign_key.columns), {key});
    if (missing_.insert(quoted(from) + values + name).second)
      plan_.missing.push_back({from, foreign_key.parent, values});
  }
}

void Collector::look_up(std::size_t shape, const std::vector<std::string>& columns,
                        const std::vector<Key>& keys, Found& found) {
  const auto types = pick_columns(plan_.shapes[shape].columns, columns);
  in_pieces(keys, kKeysPerQuery, [&](const std::vector<Key>& piece) {
    for (const std::size_t row : add(pick(shape, any_of(types, piece)), Part::referenced))
      found[values_of(plan_, plan_.rows[row], columns)].push_back(row);
  });
  // Equal by collation or padding and not by bytes: the server finds them one by one.
  for (const Key& key : keys) {
    if (found.contains(key)) continue;
    found[key] = add(pick(shape, any_of(types, {key})), Part::referenced);
  }
}

}  // namespace dw::load::restore
