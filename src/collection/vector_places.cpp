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

VectorPlace VectorPlaces::find(Row row) const {
  if (row >= rows_) return {};
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), row,
                                      [](Row value, const Run& run) { return value < run.first; });
  const Run& run = *(after - 1);
  VectorPlace place = run.place;
  place.index += row - run.first;
  return place;
}

}  // namespace pagevec
