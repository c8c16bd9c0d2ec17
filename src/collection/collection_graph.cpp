#include <string>

#include "collection/collection.h"
#include "collection/limits.h"
#include "index/hnsw_graph.h"

namespace pagevec {

size_t Collection::linkAll(size_t maxRows) {
  if (rebuild_) return continueRebuild(maxRows);
  return hnsw_ != nullptr ? hnsw_->link(maxRows) : 0;
}

Status Collection::adoptGraph(HnswGraph graph, std::span<const float> wayPoints) {
  const auto invalid = [](const char* what) { return Status(StatusCode::InvalidArgument, what); };
  if (hnsw_ == nullptr) return invalid("a flat or empty collection takes no graph");
  if (wayPoints.size() % dimension() != 0) return invalid("the way points do not add up");
  if (const size_t bad = firstUnusableValue(wayPoints); bad < wayPoints.size()) {
    return unusableValue("a way point", bad % dimension(), wayPoints[bad]);
  }
  // The records are the last rows, in their order.
  const Row rows = store_->rows();
  Row row = rows - static_cast<Row>(count());
  const Row first = row;
  bool inOrder = true;
  liveSlots_.forEach([&](Slot slot) { inOrder = inOrder && rowOfSlot_[slot] == row++; });
  const size_t nodes = count() + wayPoints.size() / dimension();
  if (!inOrder || graph.rows.size() != nodes) {
    return invalid("the graph is not of these records; they are linked anew");
  }
  const HnswParams params{config_.maxNeighbors, config_.efConstruction};
  if (Status s = checkGraph(graph, params, static_cast<Row>(nodes)); !s.ok()) return s;
  rebuild_.reset();
  for (size_t i = 0; i < wayPoints.size(); i += dimension()) {
    store_->append(wayPoints.data() + i);
    if (!config_.floatsInHeap) places_.append({});  // no stored record has it
    slotOfRow_.push_back(kNoSlot);
  }
  for (Row& node : graph.rows) node += first;
  auto index = HnswIndex::fromGraph(*store_, params, graph);
  hnsw_ = index.value().get();
  index_ = std::move(index.value());
  for (Row wayPoint = rows; wayPoint < store_->rows(); ++wayPoint) index_->erase(wayPoint);
  ++changes_;
  return {};
}

}  // namespace pagevec
