#include "collection/keyword_index.h"

#include <algorithm>

#include "collection/collection.h"

namespace pagevec {

size_t KeywordIndex::pending() const {
  return records_.size() - std::min<size_t>(end_, records_.size());
}

size_t KeywordIndex::build(size_t maxRecords) {
  for (size_t left = std::min(maxRecords, pending()); left > 0; --left) insert(end_);
  return pending();
}

// A slot beyond the end is left to build(), unless it is the next.
void KeywordIndex::insert(uint32_t slot) {
  if (slot > end_) return;
  end_ = std::max(end_, slot + 1);
  const std::optional<std::string>& document = records_[slot].document;
  if (document) postings_.add(slot, *document);
}

void KeywordIndex::erase(uint32_t slot) {
  const std::optional<std::string>& document = records_[slot].document;
  if (document) postings_.remove(slot, *document);
}

void KeywordIndex::move(uint32_t from, uint32_t to) {
  from < end_ ? postings_.move(from, to) : insert(to);
}

}  // namespace pagevec
