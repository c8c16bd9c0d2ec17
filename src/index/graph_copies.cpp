#include "index/graph_copies.h"

#include <algorithm>

#include "index/hnsw_graph.h"

namespace pagevec {
namespace {

void append(std::vector<uint32_t>& to, std::span<const uint32_t> list) {
  to.push_back(static_cast<uint32_t>(list.size()));
  to.insert(to.end(), list.begin(), list.end());
}

/// The lists of the copies first to end - 1 of a node that has the links own.
void appendCopies(std::vector<uint32_t>& to, std::span<const uint32_t> own, uint32_t node,
                  uint32_t first, uint32_t end, uint32_t room) {
  std::vector<uint32_t> list;
  for (uint32_t copy = first; copy < end; ++copy) {
    list.assign(1, copy == first ? node : copy - 1);
    for (uint32_t next = copy + 1; next < std::min(end, copy + room / 2); ++next) {
      list.push_back(next);
    }
    // From the last, which made way for the first copy in the node's own list.
    for (size_t i = own.size(); i > 0 && list.size() < room; --i) list.push_back(own[i - 1]);
    append(to, list);
  }
}

}  // namespace

void addCopies(HnswGraph& graph, const HnswParams& params, std::span<const uint32_t> copies) {
  const auto nodes = static_cast<uint32_t>(graph.rows.size());
  const uint32_t room = maxLinks(params, 0);
  std::vector<uint32_t> links;
  std::vector<uint32_t> linksOfCopies;
  std::vector<uint32_t> list;
  const uint32_t* from = graph.links.data();
  for (uint32_t node = 0; node < nodes; ++node) {
    const std::span<const uint32_t> own(from + 1, *from);
    const auto first = static_cast<uint32_t>(graph.rows.size());
    for (; copies.size() >= 2 && copies[1] == node; copies = copies.subspan(2)) {
      graph.rows.push_back(copies[0]);
    }
    const auto end = static_cast<uint32_t>(graph.rows.size());
    list.assign(own.begin(), own.end());
    if (end > first) {
      if (list.size() == room) list.pop_back();
      list.push_back(first);
    }
    append(links, list);
    appendCopies(linksOfCopies, own, node, first, end, room);
    from += 1 + own.size();
    for (uint32_t level = 0; level < graph.levels[node]; ++level) {
      append(links, {from + 1, *from});
      from += 1 + *from;
    }
  }
  graph.levels.resize(graph.rows.size());
  links.insert(links.end(), linksOfCopies.begin(), linksOfCopies.end());
  graph.links = std::move(links);
}

}  // namespace pagevec
