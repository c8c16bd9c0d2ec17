#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

namespace pagevec {

/// A distance as a number that sorts alike: negative ones before positive, NaN last.
inline uint32_t distanceOrder(float distance) {
  if (distance != distance) return 0xFFFFFFFF;
  const auto bits = std::bit_cast<uint32_t>(distance);
  return bits & 0x80000000 ? ~bits : bits | 0x80000000;
}

inline float orderedDistance(uint32_t order) {
  return std::bit_cast<float>(order & 0x80000000 ? order & 0x7FFFFFFF : ~order);
}

/// A number that sorts by distance, then by row.
inline uint64_t rankOf(uint32_t order, uint32_t row) { return uint64_t{order} << 32 | row; }

/// The nearest rows that a walk has seen, in one sorted array that serves as both heaps of the
/// textbook: what was found, and what is to be expanded next. An entry is one number: the distance,
/// the row, and whether it was expanded, so that comparing numbers compares distances, then rows.
class Candidates {
 public:
  /// Empties the list, which from now on keeps the nearest `capacity` rows.
  void reset(size_t capacity) {
    capacity_ = capacity;
    size_ = 0;
    next_ = 0;
    if (entries_.size() < capacity + 1) entries_.resize(capacity + 1);
  }

  /// Whether a row of this distance would be kept.
  bool takes(uint32_t order) const {
    return size_ < capacity_ || order < static_cast<uint32_t>(entries_[size_ - 1] >> 32);
  }

  void add(uint32_t order, uint32_t row) {
    const uint64_t entry = rankOf(order, row << 1);
    uint64_t* const entries = entries_.data();
    const size_t place = placeOf(entry);
    shiftUp(entries + place, entries + size_);
    entries[place] = entry;
    if (size_ < capacity_) ++size_;
    if (place < next_) next_ = place;
  }

  /// The nearest row that was not expanded yet; false when there is none.
  bool peekNext(uint32_t& row) {
    while (next_ < size_ && (entries_[next_] & 1)) ++next_;
    if (next_ == size_) return false;
    row = rowAt(next_);
    return true;
  }

  /// The same, as expanded from now on.
  bool expandNext(uint32_t& row) {
    if (!peekNext(row)) return false;
    entries_[next_++] |= 1;
    return true;
  }

  size_t size() const { return size_; }
  /// The i-th nearest.
  uint32_t rowAt(size_t i) const { return static_cast<uint32_t>(entries_[i]) >> 1; }
  uint32_t orderAt(size_t i) const { return static_cast<uint32_t>(entries_[i] >> 32); }

 private:
  // How many entries are less. Without a branch to guess wrongly.
  size_t placeOf(uint64_t entry) const {
    const uint64_t* const entries = entries_.data();
    size_t place = 0;
    for (size_t step = std::bit_floor(size_); step > 0; step /= 2) {
      const size_t next = place + step;
      place = next <= size_ && entries[next - 1] < entry ? next : place;
    }
    return place;
  }

  // Moves the entries from begin to end - 1 one place up, four at a time: memmove is a call.
  static void shiftUp(uint64_t* begin, uint64_t* end) {
    struct Four {
      uint64_t entries[4];
    };
    for (; end - begin >= 4; end -= 4) {
      Four four;
      std::memcpy(&four, end - 4, sizeof four);
      std::memcpy(end - 3, &four, sizeof four);
    }
    for (; end > begin; --end) *end = end[-1];
  }

  size_t capacity_ = 0;
  size_t size_ = 0;
  size_t next_ = 0;                ///< no entry before it is left to expand
  std::vector<uint64_t> entries_;  ///< one more than the capacity: add() shifts into it
};

}  // namespace pagevec
