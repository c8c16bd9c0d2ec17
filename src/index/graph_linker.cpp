#include "index/graph_linker.h"

#include <algorithm>

namespace pagevec {

// The hash is the finalizer of splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
uint8_t levelOf(Row row, uint32_t maxNeighbors) {
  uint64_t bits = row + uint64_t{0x9E3779B97F4A7C15};
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
  bits ^= bits >> 31;
  const double uniform = static_cast<double>(bits >> 11) * 0x1p-53;
  uint8_t level = 0;
  for (double share = 1.0 / maxNeighbors; uniform < share && level < kMaxHnswLevel;
       share /= maxNeighbors) {
    ++level;
  }
  return level;
}

// A row at the distance that this one has from itself, and with its codes. For inner products that
// need not be the nearest.
Row GraphLinker::findCopy(Row row, const Candidates& found) const {
  float itself;
  store_.estimate(query_, &row, 1, &itself);
  for (size_t i = 0; i < found.size(); ++i) {
    if (found.orderAt(i) == distanceOrder(itself) && store_.same(found.rowAt(i), row)) {
      return found.rowAt(i);
    }
  }
  return row;
}

Row GraphLinker::link(Row row, Row entry, GraphWalk& walk) {
  store_.prepare(row, query_);
  const uint8_t top = links_.level(entry);
  const uint8_t level = levelOf(row, params_.maxNeighbors);
  if (level < top) entry = walk.descend(query_, entry, top, level + 1u);
  std::vector<std::vector<Row>> lists(std::min(level, top) + size_t{1});
  for (size_t at = lists.size(); at-- > 0;) {
    walk.search(query_, entry, static_cast<uint32_t>(at), params_.efConstruction);
    const Candidates& found = walk.found();
    if (const Row copy = findCopy(row, found); copy != row) return copy;
    entry = found.rowAt(0);
    nearest_.clear();
    for (size_t i = 0; i < found.size(); ++i) {
      nearest_.push_back(rankOf(found.orderAt(i), found.rowAt(i)));
    }
    chooseNeighbors(nearest_, params_.maxNeighbors);
    lists[at] = chosen_;
  }
  links_.addNode(row, level);
  for (uint32_t at = 0; at < lists.size(); ++at) {
    links_.setLinks(row, at, lists[at]);
    for (const Row neighbor : lists[at]) connectBack(neighbor, row, at);
  }
  return row;
}

// Keeps a candidate, nearest first, only if it is nearer to the new node than to every one kept: the
// links then lead in all directions, not only into the nearest crowd.
void GraphLinker::chooseNeighbors(std::span<const uint64_t> nearest, size_t most) {
  chosen_.clear();
  for (const uint64_t entry : nearest) {
    if (chosen_.size() == most) return;
    const auto row = static_cast<Row>(entry);
    if (!nearerToChosen(row, orderedDistance(static_cast<uint32_t>(entry >> 32)))) {
      chosen_.push_back(row);
    }
  }
}

bool GraphLinker::nearerToChosen(Row row, float distance) {
  if (chosen_.empty()) return false;
  constexpr size_t kStep = 8;
  float distances[kStep];
  store_.prepare(row, other_);
  for (size_t i = 0; i < chosen_.size(); i += kStep) {
    const size_t count = std::min(kStep, chosen_.size() - i);
    store_.estimate(other_, chosen_.data() + i, count, distances);
    if (std::any_of(distances, distances + count, [=](float d) { return d < distance; })) {
      return true;
    }
  }
  return false;
}

void GraphLinker::connectBack(Row from, Row row, uint32_t level) {
  const std::span<const Row> links = links_.links(from, level);
  chosen_.assign(links.begin(), links.end());
  chosen_.push_back(row);
  if (chosen_.size() > links_.capacity(level)) {
    distances_.resize(chosen_.size());
    store_.prepare(from, other_);
    store_.estimate(other_, chosen_.data(), chosen_.size(), distances_.data());
    nearest_.clear();
    for (size_t i = 0; i < chosen_.size(); ++i) {
      nearest_.push_back(rankOf(distanceOrder(distances_[i]), chosen_[i]));
    }
    std::sort(nearest_.begin(), nearest_.end());
    chooseNeighbors(nearest_, links_.capacity(level));
  }
  links_.setLinks(from, level, chosen_);
}

}  // namespace pagevec
