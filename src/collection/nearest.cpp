#include <algorithm>
#include <utility>

#include "collection/collection.h"
#include "index/scan.h"

namespace pagevec {

Result<std::vector<float>> Collection::nearestTo(size_t position, size_t k, size_t efSearch,
                                                 bool exact) const {
  if (position >= count()) {
    return Status(StatusCode::InvalidArgument, "there is no record " + std::to_string(position) +
                                                   " of " + std::to_string(count()));
  }
  Slot itself = kNoSlot;
  liveSlots_.forSlice(position, 1, [&](Slot slot) { itself = slot; });
  std::vector<float> vector(dimension());
  store_->approximate(rowOfSlot_[itself], vector.data());
  std::vector<Hit> hits;
  if (exact) {
    VectorStore::Query query;
    store_->prepare(vector.data(), query);
    TopK top(std::min(k + 1, count()));
    for (Row row = 0; row < slotOfRow_.size(); ++row) {
      if (slotOfRow_[row] != kNoSlot) top.offer({store_->distance(query, row), row});
    }
    for (const Neighbor& each : top.take()) hits.push_back({each.distance, slotOfRow_[each.row]});
  } else {
    Result<std::vector<Hit>> found = query(vector, k + 1, efSearch, {});
    if (!found.ok()) return found.status();
    hits = std::move(found.value());
  }
  std::vector<float> distances;
  for (const Hit& hit : hits) {
    if (hit.slot != itself && distances.size() < k) distances.push_back(hit.distance);
  }
  return distances;
}

std::unique_ptr<Projection> Collection::project(std::span<const std::string> ids,
                                                uint32_t components, size_t sample) const {
  std::vector<Row> rows;
  for (const std::string& id : ids) {
    const Slot slot = slotOf(id);
    if (slot != kNoSlot) rows.push_back(rowOfSlot_[slot]);
  }
  return std::make_unique<Projection>(store_, std::move(rows), components, sample);
}

}  // namespace pagevec
