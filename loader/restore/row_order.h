// In what order rows are written so that each finds what it references: parents first. Pure.
#pragma once

#include <cstddef>
#include <vector>

namespace dw::load::restore {

// Nodes that reference each other in a circle, directly or by way of others, or one node by itself.
struct Group {
  std::vector<std::size_t> nodes{};
  bool circular = false;  // several nodes, or one that references itself
};

// `parents[n]` are the nodes that n references. Every node is in one group, and every group stands behind
// those that it references; what need not move stays in order. (Tarjan's strongly connected components.)
std::vector<Group> parents_first(const std::vector<std::vector<std::size_t>>& parents);

}  // namespace dw::load::restore
