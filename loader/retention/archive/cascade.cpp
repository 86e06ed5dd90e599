#include "loader/retention/archive/cascade.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "common/sql/identifiers.h"
#include "common/util/letter_case.h"

namespace dw::load {
namespace {

using sql::quote_identifier;
using Path = std::vector<const CascadeEdge*>;

// Beyond this many ways to the rows, one recursive query serves better than a join for each.
constexpr std::size_t kMostPaths = 64;

// a.c1 = b.d1 AND a.c2 = b.d2: no match where one is NULL, as for the foreign key.
std::string equal(const std::string& a, const std::vector<std::string>& columns, const std::string& b,
                  const std::vector<std::string>& others) {
  std::string out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out += (i == 0 ? "" : " AND ") + a + "." + quote_identifier(columns[i]) + " = " + b + "." +
           quote_identifier(others[i]);
  }
  return out;
}

std::string is_not(const std::string& condition) {
  return "NOT COALESCE(" + condition + ", FALSE)";
}

std::string matches_old(const std::string& alias, const CascadeEdge& edge) {
  const std::string matches = equal(alias, edge.columns, "OLD", edge.referenced);
  return edge.unless.empty() ? matches : matches + " AND " + is_not(edge.unless);
}

// The child's row stays.
bool stays(const CascadeEdge& edge) {
  return edge.on_delete == KeyAction::set_null;
}

// MySQL gives the names of referenced columns as the statement wrote them.
bool share_a_column(const std::vector<std::string>& some, const std::vector<std::string>& others) {
  return std::any_of(some.begin(), some.end(), [&](const std::string& name) {
    return std::any_of(others.begin(), others.end(),
                       [&](const std::string& other) { return equals_ignoring_case(name, other); });
  });
}

// Every way by which a change of some of the table's columns reaches rows of others; of all its columns where
// `changed` is null. `path`: how the table was reached.
void add_updates(const std::vector<CascadeEdge>& edges, const TableId& table,
                 const std::vector<std::string>* changed, Path& path, std::set<TableId>& above,
                 std::vector<Path>& out) {
  for (const CascadeEdge& edge : edges) {
    if (edge.parent != table || edge.on_update == KeyAction::none) continue;
    if (changed != nullptr && !share_a_column(edge.referenced, *changed)) continue;
    path.push_back(&edge);
    out.push_back(path);
    if (above.insert(edge.child).second) {
      add_updates(edges, edge.child, &edge.columns, path, above, out);
      above.erase(edge.child);
    }
    path.pop_back();
  }
}

class Graph {
 public:
  Graph(const TableId& root, const std::vector<CascadeEdge>& edges) : root_(root), edges_(edges) {
    for (const CascadeEdge& edge : edges) {
      if (edge.on_delete != KeyAction::none) from_[edge.parent].push_back(&edge);
    }
    reach(root);
    // A row that goes by one way and is changed by another one goes.
    std::stable_partition(reached_.begin(), reached_.end(), [](const auto* edge) { return !stays(*edge); });
  }

  [[nodiscard]] const std::vector<const CascadeEdge*>& edges() const { return reached_; }
  [[nodiscard]] bool carries(const TableId& table) const { return from_.contains(table); }

  // Every way from the root to a row that goes; empty where there are cycles or too many.
  [[nodiscard]] std::vector<Path> paths() const {
    std::vector<Path> out;
    Path path;
    std::set<TableId> above{root_};
    if (!walk(root_, path, above, out)) return {};
    const auto row_goes = [](const Path& one) {
      return std::none_of(one.begin(), one.end(), [](const CascadeEdge* edge) { return stays(*edge); });
    };
    std::stable_partition(out.begin(), out.end(), row_goes);
    return out;
  }

 private:
  void reach(const TableId& table) {
    if (!seen_.insert(table).second) return;
    const auto found = from_.find(table);
    if (found == from_.end()) return;
    for (const CascadeEdge* edge : found->second) {
      reached_.push_back(edge);
      if (!stays(*edge)) reach(edge->child);
    }
  }

  bool walk(const TableId& table, Path& path, std::set<TableId>& above, std::vector<Path>& out) const {
    const auto found = from_.find(table);
    if (found == from_.end()) return true;
    for (const CascadeEdge* edge : found->second) {
      if (out.size() >= kMostPaths) return false;
      if (!stays(*edge) && !above.insert(edge->child).second) return false;
      path.push_back(edge);
      out.push_back(path);
      if (stays(*edge)) {
        std::set<TableId> changed{edge->child};
        add_updates(edges_, edge->child, &edge->columns, path, changed, out);
        path.pop_back();
        continue;
      }
      if (!walk(edge->child, path, above, out)) return false;
      path.pop_back();
      above.erase(edge->child);
    }
    return true;
  }

  TableId root_;
  const std::vector<CascadeEdge>& edges_;
  std::map<TableId, std::vector<const CascadeEdge*>> from_;
  std::set<TableId> seen_;
  std::vector<const CascadeEdge*> reached_;
};

std::string numbered(const char* name, std::size_t number) {
  return name + std::to_string(number);
}

// The tables between the root and the path's last, joined from the last to the first; `to_child` ties the
// last of them to the child's row.
std::string between(const Path& path, const char* alias) {
  std::string out;
  for (std::size_t i = path.size() - 1; i-- > 0;) {
    out += (out.empty() ? "" : " JOIN ") + quoted(path[i]->child) + " " + numbered(alias, i);
    if (i + 2 < path.size()) {
      out += " ON " +
             equal(numbered(alias, i + 1), path[i + 1]->columns, numbered(alias, i), path[i + 1]->referenced);
    }
  }
  return out;
}

std::string to_child(const Path& path, const char* alias) {
  return equal("t", path.back()->columns, numbered(alias, path.size() - 2), path.back()->referenced);
}

// That the row t goes by this path.
std::string goes_by(const Path& path) {
  if (path.size() == 1) return matches_old("t", *path[0]);
  return "EXISTS (SELECT 1 FROM " + between(path, "q") + " WHERE " + to_child(path, "q") + " AND " +
         matches_old("q0", *path[0]) + ")";
}

// OLD is no other row of its table.
std::string is_old(const std::vector<std::string>& root_key) {
  std::string out;
  for (const std::string& column : root_key) {
    const std::string name = quote_identifier(column);
    out += (out.empty() ? "t." : " AND t.") + name + " <=> OLD." + name;
  }
  return out;
}

std::vector<CascadeCopy> copies_by_path(const std::vector<Path>& paths, const TableId& root,
                                        const std::vector<std::string>& root_key) {
  std::vector<CascadeCopy> out;
  std::map<TableId, std::string> others;  // not by an earlier path
  for (const Path& path : paths) {
    const TableId& child = path.back()->child;
    CascadeCopy copy{child, "", quoted(child) + " t"};
    if (path.size() == 1) {
      copy.from += " WHERE " + matches_old("t", *path[0]);
    } else {
      copy.from += " JOIN (" + between(path, "p") + ") ON " + to_child(path, "p") + " WHERE " +
                   matches_old("p0", *path[0]);
    }
    if (child == root) copy.from += " AND NOT (" + is_old(root_key) + ")";
    copy.from += others[child];
    others[child] += " AND " + is_not(goes_by(path));
    copy.stays = std::any_of(path.begin(), path.end(), [](const auto* edge) { return stays(*edge); });
    out.push_back(std::move(copy));
  }
  return out;
}

// Where tables reference each other in a circle: a recursive query over what the children refer to. One row
// of `gone` is a row that goes: the table's number, and the columns that others refer to.
class Recursion {
 public:
  Recursion(const TableId& root, const std::vector<std::string>& root_key, const Graph& graph)
      : root_(root), root_key_(root_key), graph_(graph) {
    for (const CascadeEdge* edge : graph.edges()) {
      if (edge->parent != root || is_child(root)) carry(*edge);
    }
  }

  std::vector<CascadeCopy> copies() const {
    std::vector<CascadeCopy> out;
    std::map<TableId, std::string> others;
    for (const CascadeEdge* edge : graph_.edges()) {
      for (const bool from_old : {true, false}) {
        if (from_old ? edge->parent != root_ : !numbers_.contains(edge->parent)) continue;
        CascadeCopy copy{edge->child, from_old ? "" : with(), ""};
        const std::string condition = from_old ? matches_old("t", *edge) : refers("g", *edge);
        copy.from = from_old ? quoted(edge->child) + " t WHERE " + condition
                             : "(SELECT DISTINCT " + carried(*edge) +
                                   " FROM gone WHERE tag = " + number_of(edge->parent) + ") g JOIN " +
                                   quoted(edge->child) + " t ON " + condition + " WHERE TRUE";
        copy.stays = stays(*edge);
        if (edge->child == root_) copy.from += " AND NOT (" + is_old(root_key_) + ")";
        copy.from += others[edge->child];
        if (others[edge->child].find("gone") != std::string::npos && copy.with.empty()) copy.with = with();
        others[edge->child] +=
            " AND " + (from_old ? is_not(condition)
                                : "NOT EXISTS (SELECT 1 FROM gone x WHERE x.tag = " +
                                      number_of(edge->parent) + " AND " + refers("x", *edge) + ")");
        out.push_back(std::move(copy));
      }
    }
    return out;
  }

 private:
  [[nodiscard]] bool is_child(const TableId& table) const {
    return std::any_of(graph_.edges().begin(), graph_.edges().end(),
                       [&](const CascadeEdge* edge) { return edge->child == table; });
  }

  void carry(const CascadeEdge& edge) {
    numbers_.emplace(edge.parent, numbers_.size() + 1);
    for (const std::string& column : edge.referenced) {
      const auto known = std::find(columns_.begin(), columns_.end(), std::pair(edge.parent, column));
      if (known == columns_.end()) columns_.emplace_back(edge.parent, column);
    }
  }

  [[nodiscard]] std::string number_of(const TableId& table) const {
    return std::to_string(numbers_.at(table));
  }

  [[nodiscard]] std::string name_of(const TableId& table, const std::string& column) const {
    const auto found = std::find(columns_.begin(), columns_.end(), std::pair(table, column));
    return numbered("r", static_cast<std::size_t>(found - columns_.begin()));
  }

  [[nodiscard]] std::string carried(const CascadeEdge& edge) const {
    std::string out;
    for (const std::string& column : edge.referenced)
      out += (out.empty() ? "" : ", ") + name_of(edge.parent, column);
    return out;
  }

  // t refers to the row of `gone` called `alias`.
  [[nodiscard]] std::string refers(const std::string& alias, const CascadeEdge& edge) const {
    std::vector<std::string> names;
    for (const std::string& column : edge.referenced) names.push_back(name_of(edge.parent, column));
    return equal("t", edge.columns, alias, names);
  }

  // The row t of `table`, as a row of `gone`.
  [[nodiscard]] std::string row_of(const TableId& table) const {
    std::string out = "SELECT " + number_of(table);
    for (const auto& [owner, column] : columns_)
      out += owner == table ? ", t." + quote_identifier(column) : std::string(", NULL");
    return out;
  }

  // The first member has no row: it gives each column the type of what it stands for, and lets it be NULL.
  [[nodiscard]] std::string with() const {
    std::string names;
    std::string select = "SELECT 0";
    std::string from = " FROM (SELECT 1) z";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      names += ", " + numbered("r", i);
      select += ", " + numbered("d", i) + "." + quote_identifier(columns_[i].second);
      from += " LEFT JOIN " + quoted(columns_[i].first) + " " + numbered("d", i) + " ON FALSE";
    }
    std::string anchors;
    std::string steps;
    for (const CascadeEdge* edge : graph_.edges()) {
      if (stays(*edge) || !numbers_.contains(edge->child)) continue;
      if (edge->parent == root_) {
        anchors += " UNION " + row_of(edge->child) + " FROM " + quoted(edge->child) + " t WHERE " +
                   matches_old("t", *edge);
      }
      if (numbers_.contains(edge->parent)) {
        steps += " UNION " + row_of(edge->child) + " FROM gone g JOIN " + quoted(edge->child) + " t ON " +
                 refers("g", *edge) + " WHERE g.tag = " + number_of(edge->parent);
      }
    }
    return "WITH RECURSIVE gone(tag" + names + ") AS (" + select + from + " WHERE FALSE" + anchors + steps +
           ") ";
  }

  const TableId& root_;
  const std::vector<std::string>& root_key_;
  const Graph& graph_;
  std::map<TableId, std::size_t> numbers_;  // of tables that others refer to
  std::vector<std::pair<TableId, std::string>> columns_;
};

}  // namespace

std::vector<CascadeCopy> cascade_copies(const TableId& root, const std::vector<std::string>& root_key,
                                        const std::vector<CascadeEdge>& edges) {
  const Graph graph(root, edges);
  if (graph.edges().empty()) return {};
  const std::vector<Path> paths = graph.paths();
  if (!paths.empty()) return copies_by_path(paths, root, root_key);
  return Recursion(root, root_key, graph).copies();
}

namespace {

std::vector<Path> update_paths(const TableId& root, const std::vector<CascadeEdge>& edges,
                               const KeepsChild& keeps) {
  std::vector<Path> out;
  Path path;
  std::set<TableId> above{root};
  add_updates(edges, root, nullptr, path, above, out);
  std::erase_if(out, [&](const Path& one) { return !keeps(*one.back()); });
  return out;
}

}  // namespace

std::vector<CascadeCopy> update_copies(const TableId& root, const std::vector<std::string>& root_key,
                                       const std::vector<CascadeEdge>& edges, const KeepsChild& keeps) {
  std::vector<CascadeCopy> out = copies_by_path(update_paths(root, edges, keeps), root, root_key);
  for (CascadeCopy& copy : out) copy.stays = true;
  return out;
}

std::set<std::string> columns_of_updates(const TableId& root, const std::vector<CascadeEdge>& edges,
                                         const KeepsChild& keeps) {
  std::set<std::string> out;
  for (const Path& path : update_paths(root, edges, keeps))
    out.insert(path.front()->referenced.begin(), path.front()->referenced.end());
  return out;
}

}  // namespace dw::load
