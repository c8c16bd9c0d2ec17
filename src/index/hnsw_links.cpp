#include "index/hnsw_links.h"

#include <algorithm>

namespace pagevec {

HnswLinks::HnswLinks(const HnswParams& params)
    : params_(params), level0_(maxLinks(params, 0) * sizeof(Row), 0xFF) {}

void HnswLinks::grow(Row rows) {
  level0_.grow(rows);
  if (upper_.size() < rows) upper_.resize(rows);
}

void HnswLinks::addNode(Row row, uint8_t level) {
  if (level == 0) return;
  upperLinks_.push_back(level);
  upper_[row] = static_cast<uint32_t>(upperLinks_.size());
  upperLinks_.resize(upperLinks_.size() + level * size_t{params_.maxNeighbors}, kNoLink);
}

std::span<const Row> HnswLinks::links(Row row, uint32_t level) const {
  const Row* begin = list(row, level);
  return {begin, std::find(begin, begin + capacity(level), kNoLink)};
}

void HnswLinks::setLinks(Row row, uint32_t level, std::span<const Row> rows) {
  Row* begin = const_cast<Row*>(list(row, level));
  std::copy(rows.begin(), rows.end(), begin);
  std::fill(begin + rows.size(), begin + capacity(level), kNoLink);
}

size_t HnswLinks::bytes() const {
  return level0_.bytes() + (upper_.capacity() + upperLinks_.capacity()) * sizeof(uint32_t);
}

}  // namespace pagevec
