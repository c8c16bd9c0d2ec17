#include "collection/filter.h"

#include <iterator>

#include "base/concat.h"
#include "collection/collection.h"

namespace pagevec {

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
  // The byte between them is in no JSON text.
  const std::string text =
      concat({filter.where != nullptr ? std::string_view(filter.where->text()) : "",
              std::string_view("\0", 1),
              filter.document != nullptr ? std::string_view(filter.document->text()) : ""});
  for (Entry& entry : entries_) {
    if (changes != changes_) entry.text.clear();
    if (entry.text == text) return entry;
  }
  changes_ = changes;
  Entry& made = entries_[oldest_++ % std::size(entries_)];
  made.text.clear();  // the page's regular expressions may throw
  made.slots = match(filter);
  made.hasRows = false;
  made.text = text;
  return made;
}

const RowSet& FilterSets::slots(const Filter& filter, uint64_t changes) {
  return entry(filter, changes).slots;
}

const RowSet& FilterSets::rows(const Filter& filter, uint64_t changes) {
  Entry& found = entry(filter, changes);
  if (!found.hasRows) {
    found.rows = {};
    found.slots.forEach([&](uint32_t slot) { found.rows.insert(rowOfSlot_[slot]); });
    found.hasRows = true;
  }
  return found.rows;
}

}  // namespace pagevec
