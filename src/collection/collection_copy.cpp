#include <string>

#include "base/quote.h"
#include "collection/collection.h"

namespace pagevec {

std::vector<Slot> Collection::differing(const Collection& copy, Slot& from, size_t limit) const {
  constexpr size_t kCompared = 10000;
  const size_t end = std::min(records_.size(), from + kCompared);
  std::vector<Slot> slots;
  for (; from < end && slots.size() < limit; ++from) {
    if (!liveSlots_.contains(from)) continue;
    const Slot other = copy.slotOf(records_[from].id);
    const bool same = other != kNoSlot && copy.records_[other].document == records_[from].document;
    if (!same) slots.push_back(from);
  }
  if (from >= records_.size()) from = kNoSlot;
  return slots;
}

Status Collection::takeRecords(const Collection& source) {
  std::deque<Record> records;
  std::vector<Row> rows;
  for (const Slot slot : source.select({}, 0, source.count())) {
    Record record = source.records_[slot];
    const Slot own = slotOf(record.id);
    if (own == kNoSlot) {
      return Status(StatusCode::InvalidArgument,
                    "the record " + inQuotes(record.id) + " has no vector here");
    }
    records.push_back(std::move(record));
    rows.push_back(rowOfSlot_[own]);
  }
  // Its new rows and slots would be those of the old records.
  rebuild_.reset();
  for (const Slot slot : select({}, 0, count())) {
    if (!source.contains(records_[slot].id)) eraseRow(rowOfSlot_[slot]);
    ids_.erase(slot);
  }
  liveSlots_ = {};
  filters_.clear();
  keywords_.reset();
  rowsAreSlots_ = true;
  lastSequence_ = source.lastSequence_ + 1;
  ++changes_;
  return adoptRecords(std::move(records), std::move(rows));
}

}  // namespace pagevec
