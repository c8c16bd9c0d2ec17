#include "collection/id_table.h"

#include <utility>

#include "collection/collection.h"

namespace pagevec {
namespace {

// FNV-1a (Fowler, Noll and Vo), then the finalizer of MurmurHash3 (Appleby): the top bits of FNV
// alone hardly depend on the last characters, in which ids differ.
uint32_t hashOf(std::string_view id) {
  uint32_t hash = 0x811C9DC5;
  for (const char character : id) hash = (hash ^ static_cast<uint8_t>(character)) * 0x01000193;
  hash = (hash ^ hash >> 16) * 0x85EBCA6B;
  hash = (hash ^ hash >> 13) * 0xC2B2AE35;
  return hash ^ hash >> 16;
}

}  // namespace

uint32_t IdTable::find(std::string_view id) const {
  const uint32_t hash = hashOf(id);
  for (size_t i = hash >> shift_; entries_[i].slot != kNone; i = next(i)) {
    const Entry& entry = entries_[i];
    if (entry.hash == hash && records_[entry.slot].id == id) return entry.slot;
  }
  return kNone;
}

size_t IdTable::placeOf(uint32_t slot) const {
  size_t i = hashOf(records_[slot].id) >> shift_;
  while (entries_[i].slot != slot) i = next(i);
  return i;
}

void IdTable::place(Entry entry) {
  size_t i = entry.hash >> shift_;
  while (entries_[i].slot != kNone) i = next(i);
  entries_[i] = entry;
}

void IdTable::insert(uint32_t slot) {
  if ((size_ + 1) * 4 > entries_.size() * 3) resize(shift_ - 1);
  place({hashOf(records_[slot].id), slot});
  ++size_;
}

// Entries after the gap that probing would no longer reach move into it (Knuth, The Art of Computer
// Programming 3, 6.4, algorithm R).
void IdTable::erase(uint32_t slot) {
  size_t gap = placeOf(slot);
  for (size_t i = next(gap); entries_[i].slot != kNone; i = next(i)) {
    const size_t mask = entries_.size() - 1;
    const size_t probed = (i - (entries_[i].hash >> shift_)) & mask;
    if (probed < ((i - gap) & mask)) continue;
    entries_[gap] = entries_[i];
    gap = i;
  }
  entries_[gap] = {};
  --size_;
}

void IdTable::shrink() {
  uint32_t shift = kMinShift;
  while (size_ * 4 > (size_t{1} << (32 - shift)) * 3) --shift;
  if (shift > shift_) resize(shift);
}

void IdTable::resize(uint32_t shift) {
  const std::vector<Entry> old =
      std::exchange(entries_, std::vector<Entry>(size_t{1} << (32 - shift)));
  shift_ = shift;
  for (const Entry& entry : old) {
    if (entry.slot != kNone) place(entry);
  }
}

}  // namespace pagevec
