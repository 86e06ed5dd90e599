#include "loader/restore/row_order.h"

#include <algorithm>

namespace dw::load::restore {
namespace {

// Tarjan's algorithm with a stack of its own in place of recursion: a chain of parents can be as long as a
// table.
class Components {
 public:
  explicit Components(const std::vector<std::vector<std::size_t>>& parents)
      : parents_(parents),
        number_(parents.size(), 0),
        low_(parents.size(), 0),
        open_(parents.size(), false) {}

  std::vector<Group> find() {
    for (std::size_t node = 0; node < parents_.size(); ++node) {
      if (number_[node] == 0) visit(node);
    }
    return std::move(groups_);
  }

 private:
  struct Step {
    std::size_t node;
    std::size_t next_parent;
  };

  void enter(std::size_t node) {
    number_[node] = low_[node] = ++counter_;
    open_[node] = true;
    waiting_.push_back(node);
    path_.push_back({node, 0});
  }

  void visit(std::size_t start) {
    enter(start);
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.next_parent == parents_[step.node].size()) {
        leave(step.node);
        continue;
      }
      const std::size_t node = step.node;
      const std::size_t parent = parents_[node][step.next_parent++];
      if (number_[parent] == 0) {
        enter(parent);
      } else if (open_[parent]) {
        low_[node] = std::min(low_[node], number_[parent]);
      }
    }
  }

  void leave(std::size_t node) {
    path_.pop_back();
    if (!path_.empty()) low_[path_.back().node] = std::min(low_[path_.back().node], low_[node]);
    if (low_[node] != number_[node]) return;
    Group& group = groups_.emplace_back();
    std::size_t member = 0;
    do {
      member = waiting_.back();
      waiting_.pop_back();
      open_[member] = false;
      group.nodes.push_back(member);
    } while (member != node);
    std::sort(group.nodes.begin(), group.nodes.end());
    const auto& own = parents_[node];
    group.circular = group.nodes.size() > 1 || std::find(own.begin(), own.end(), node) != own.end();
  }

  const std::vector<std::vector<std::size_t>>& parents_;
  std::vector<std::size_t> number_;  // order of discovery from 1; 0: not seen
  std::vector<std::size_t> low_;     // the lowest number that can be reached
  std::vector<bool> open_;           // in waiting_
  std::vector<std::size_t> waiting_;
  std::vector<Step> path_;
  std::vector<Group> groups_;
  std::size_t counter_ = 0;
};

}  // namespace

std::vector<Group> parents_first(const std::vector<std::vector<std::size_t>>& parents) {
  return Components(parents).find();
}

}  // namespace dw::load::restore
