#include "base/row_set.h"

#include <algorithm>

namespace pagevec {

void RowSet::intersect(const RowSet& other) {
  words_.resize(std::min(words_.size(), other.words_.size()));
  for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  count();
}

void RowSet::unite(const RowSet& other) {
  words_.resize(std::max(words_.size(), other.words_.size()));
  for (size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
  count();
}

void RowSet::subtract(const RowSet& other) {
  const size_t both = std::min(words_.size(), other.words_.size());
  for (size_t i = 0; i < both; ++i) words_[i] &= ~other.words_[i];
  count();
}

void RowSet::count() {
  size_ = 0;
  for (const uint64_t word : words_) size_ += static_cast<uint32_t>(std::popcount(word));
}

}  // namespace pagevec
