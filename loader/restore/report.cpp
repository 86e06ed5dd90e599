#include "loader/restore/report.h"

#include <algorithm>
#include <cstdint>

namespace dw::load::restore {
namespace {

constexpr std::size_t kMostMissing = 10;  // shown one by one

struct Counts {
  std::uint64_t rows = 0;
  std::uint64_t picked = 0;
  std::uint64_t archived = 0;
  std::uint64_t without_key = 0;
};

std::vector<Counts> count(const Plan& plan) {
  std::vector<Counts> out(plan.shapes.size());
  for (const Row& row : plan.rows) {
    Counts& counts = out[row.shape];
    ++counts.rows;
    counts.picked += row.part == Part::picked ? 1U : 0U;
    counts.archived += row.live ? 0U : 1U;
    counts.without_key += has_key(plan, row) ? 0U : 1U;
  }
  return out;
}

// The tables that have rows, as they are first written to.
std::vector<std::size_t> tables_in_order(const Plan& plan) {
  std::vector<std::size_t> out;
  for (const Group& group : order_of(plan)) {
    for (const std::size_t row : group.nodes) {
      const std::size_t shape = plan.rows[row].shape;
      if (std::find(out.begin(), out.end(), shape) == out.end()) out.push_back(shape);
    }
  }
  return out;
}

class Table {
 public:
  Table(const Plan& plan, std::vector<const char*> heads) : plan_(plan), heads_(std::move(heads)) {
    for (const Shape& shape : plan.shapes) width_ = std::max(width_, shown(shape.name).size());
    std::string first = "table";
    first.resize(width_, ' ');
    text_ = first;
    for (const char* head : heads_) add_cell(head);
    text_ += "\n";
  }

  void add_row(std::size_t shape, const std::vector<std::uint64_t>& numbers) {
    std::string name = shown(plan_.shapes[shape].name);
    name.resize(width_, ' ');
    text_ += name;
    for (const std::uint64_t number : numbers) add_cell(std::to_string(number));
    text_ += "\n";
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void add_cell(const std::string& text) {
    constexpr std::size_t kCell = 12;
    text_ += std::string(text.size() < kCell ? kCell - text.size() : 1, ' ') + text;
  }

  const Plan& plan_;
  std::vector<const char*> heads_;
  std::size_t width_ = 5;
  std::string text_;
};

}  // namespace

std::string title(const Request& request) {
  return "restore of " + shown(request.table) + " where " + request.where + ", " +
         (request.as_of.empty() ? "in its last state" : "as of " + request.as_of + " UTC");
}

std::string plan_text(const Plan& plan) {
  const std::vector<Counts> counts = count(plan);
  Table table(plan, {"rows", "picked", "referenced", "archived", "live"});
  std::string notes;
  for (const std::size_t shape : tables_in_order(plan)) {
    const Counts& one = counts[shape];
    table.add_row(shape,
                  {one.rows, one.picked, one.rows - one.picked, one.archived, one.rows - one.archived});
    if (one.without_key > 0) {
      notes += shown(plan.shapes[shape].name) + ": " + std::to_string(one.without_key) +
               " rows without a key: one is left out where a row that is wholly alike is there already\n";
    }
  }
  for (std::size_t i = 0; i < std::min(plan.missing.size(), kMostMissing); ++i) {
    const MissingReference& one = plan.missing[i];
    notes += "not here: the row of " + shown(one.to) + " that " + shown(one.from) + " references by " +
             one.values + "; the restore fails unless it is there already\n";
  }
  if (plan.missing.size() > kMostMissing)
    notes += "not here: " + std::to_string(plan.missing.size() - kMostMissing) + " more\n";
  return table.text() + notes;
}

std::string result_text(const Plan& plan, const std::vector<Written>& written) {
  const std::vector<Counts> counts = count(plan);
  Table table(plan, {"rows", "added", "changed", "left"});
  for (const std::size_t shape : tables_in_order(plan)) {
    const Written& one = written[shape];
    table.add_row(shape,
                  {counts[shape].rows, one.added, one.changed, counts[shape].rows - one.added - one.changed});
  }
  return table.text();
}

}  // namespace dw::load::restore
