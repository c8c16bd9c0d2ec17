#include "collection/filter.h"

#include <algorithm>

#include "collection/collection.h"

namespace pagevec {
namespace {

constexpr size_t kMaxEntries = 4;

}  // namespace

const Metadata* FilterSets::metadata(uint32_t slot) const {
  const std::optional<Metadata>& metadata = records_[slot].metadata;
  return metadata ? &*metadata : nullptr;
}

bool FilterSets::meetsDocument(const Filter& filter, uint32_t slot) const {
  if (filter.document == nullptr) return true;
  const std::optional<std::string>& document = records_[slot].document;
  return filter.document->matches(document ? &*document : nullptr, filter.regex);
}

RowSet FilterSets::match(const Filter& filter) {
  RowSet found = filter.where != nullptr ? columns_.match(*filter.where, live_) : live_;
  if (filter.document == nullptr) return found;
  RowSet meeting;
  found.forEach([&](uint32_t slot) {
    if (meetsDocument(filter, slot)) meeting.insert(slot);
  });
  return meeting;
}

FilterSets::Entry& FilterSets::entry(const Filter& filter, uint64_t changes) {
  if (changes != changes_) entries_.clear();
  changes_ = changes;
  // The byte between them is in no JSON text.
  std::string text = filter.where != nullptr ? filter.where->text() : std::string();
  text += '\0';
  if (filter.document != nullptr) text += filter.document->text();
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.text == text; });
  if (found != entries_.end()) {
    std::rotate(found, found + 1, entries_.end());
    return entries_.back();
  }
  Entry made{std::move(text), match(filter), {}, false};
  if (entries_.size() == kMaxEntries) entries_.erase(entries_.begin());
  return entries_.emplace_back(std::move(made));
}

const RowSet& FilterSets::slots(const Filter& filter, uint64_t changes) {
  return entry(filter, changes).slots;
}

const RowSet& FilterSets::rows(const Filter& filter, uint64_t changes) {
  Entry& found = entry(filter, changes);
  if (!found.hasRows) {
    found.slots.forEach([&](uint32_t slot) { found.rows.insert(records_[slot].row); });
    found.hasRows = true;
  }
  return found.rows;
}

}  // namespace pagevec
