#include "collection/vector_places.h"

#include <algorithm>

namespace pagevec {

void VectorPlaces::append(const VectorPlace& place) {
  const Row row = rows_++;
  if (!runs_.empty()) {
    const auto& [first, begin] = runs_.back();
    if (begin.sameBlock(place) && begin.index + (row - first) == place.index) return;
  }
  runs_.push_back({row, place});
}

std::vector<VectorPlaces::Run>::const_iterator VectorPlaces::runAfter(Row row) const {
  return std::upper_bound(runs_.begin(), runs_.end(), row,
                          [](Row value, const Run& run) { return value < run.first; });
}

const VectorsPart* VectorPlaces::partAt(Row row) const {
  const VectorPlace place = find(row);
  if (place.block != VectorPlace::Block::SnapshotPart || place.index != 0) return nullptr;
  const VectorsPart* found = nullptr;
  for (const VectorsPart& part : parts_) {
    if (part.number == place.number) found = &part;
  }
  if (found == nullptr) return nullptr;
  const auto after = runAfter(row);
  const Row end = after == runs_.end() ? rows_ : after->first;
  return end - row >= found->count ? found : nullptr;
}

VectorPlaces VectorPlaces::emptyTwin() const {
  VectorPlaces twin;
  twin.parts_ = parts_;
  return twin;
}

VectorPlace VectorPlaces::find(Row row) const {
  if (row >= rows_) return {};
  const Run& run = *(runAfter(row) - 1);
  VectorPlace place = run.place;
  place.index += row - run.first;
  return place;
}

}  // namespace pagevec
