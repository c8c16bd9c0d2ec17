#include "index/graph_walk.h"

#include <algorithm>

namespace pagevec {

// A new tag instead of clearing: 255 walks for one pass over the array.
void GraphWalk::beginVisits() {
  visited_.resize(store_.rows(), 0);
  if (++tag_ == 0) {
    std::fill(visited_.begin(), visited_.end(), uint8_t{0});
    tag_ = 1;
  }
  batch_.resize(kAtOnce * links_.capacity(0));
  distances_.resize(kAtOnce * links_.capacity(0));
  const size_t rowBytes = store_.comparedBytes() + links_.capacity(0) * sizeof(Row);
  readsAhead_ = store_.rows() * rowBytes > cacheBytes_;
}

// All lists at once come from memory, then each is read.
size_t GraphWalk::gatherUnvisited(std::span<const Row> rows, uint32_t level) {
  for (const Row row : rows) links_.touch(row, level);
  size_t count = 0;
  for (const Row row : rows) count = addUnvisited(row, level, count);
  return count;
}

size_t GraphWalk::addUnvisited(Row row, uint32_t level, size_t count) {
  const Row* list = links_.list(row, level);
  const Row* const end = list + links_.capacity(level);
  uint8_t* const visited = visited_.data();
  Row* const batch = batch_.data();
  const uint8_t tag = tag_;  // a copy: the compiler must assume that bytes written overlap it
  for (; list != end && *list != HnswLinks::kNoLink; ++list) {
    const Row linked = *list;
    batch[count] = linked;
    count += visited[linked] != tag;
    visited[linked] = tag;
  }
  return count;
}

Row GraphWalk::descend(const VectorStore::Query& query, Row row, uint32_t from, uint32_t to) {
  beginVisits();
  float nearest;
  store_.estimate(query, &row, 1, &nearest);
  for (uint32_t level = from; level >= to; --level) {
    for (bool moved = true; moved;) {
      moved = false;
      const std::span<const Row> links = links_.links(row, level);
      store_.estimate(query, links.data(), links.size(), distances_.data());
      for (size_t i = 0; i < links.size(); ++i) {
        if (!(distances_[i] < nearest)) continue;
        nearest = distances_[i];
        row = links[i];
        moved = true;
      }
    }
  }
  return row;
}

void GraphWalk::search(const VectorStore::Query& query, Row entry, uint32_t level, size_t ef) {
  beginVisits();
  found_.reset(ef);
  visited_[entry] = tag_;
  float distance;
  store_.estimate(query, &entry, 1, &distance);
  found_.add(&distance, &entry, 1);
  Row rows[kAtOnce];
  while (const size_t expanded = found_.expandNext(rows, kAtOnce)) {
    const size_t count = gatherUnvisited({rows, expanded}, level);
    if (readsAhead_) store_.touch(batch_.data(), count);
    store_.estimate(query, batch_.data(), count, distances_.data());
    found_.add(distances_.data(), batch_.data(), count);
  }
}

}  // namespace pagevec
