#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pagevec {

/// A distance as a number that sorts alike: negative ones before positive, NaN last.
inline uint32_t distanceOrder(float distance) {
  const auto bits = std::bit_cast<uint32_t>(distance);
  if (distance != distance) return 0xFF800001;  // after infinity; the numbers above stay unused
  return bits & 0x80000000 ? ~bits : bits | 0x80000000;
}

inline float orderedDistance(uint32_t order) {
  return std::bit_cast<float>(order & 0x80000000 ? order & 0x7FFFFFFF : ~order);
}

/// A number that sorts by distance, then by row.
inline uint64_t rankOf(uint32_t order, uint32_t row) { return uint64_t{order} << 32 | row; }

/// The nearest rows that a walk has seen, in one sorted array that serves as both heaps of the
/// textbook: what was found, and what is to be expanded next. An entry is one number: the distance
/// (32 bits from bit 31 on), the row (30 bits) and whether it was expanded (bit 0), so that comparing
/// numbers compares distances, then rows. As the bits of a double it is a positive one, and doubles
/// sort alike: SIMD has the lesser and the greater of two doubles, but not of two 64-bit integers.
class Candidates {
 public:
  /// Capacities up to it add with SIMD, by passing over the whole list for every two new rows; longer
  /// lists merge, which takes them less time (in a page even at about 175).
  static constexpr size_t kMostInPairs = 160;

  /// Empties the list, which from now on keeps the nearest `capacity` rows, at least 1. mostInPairs is for
  /// tests: 0 always merges.
  void reset(size_t capacity, size_t mostInPairs = kMostInPairs);

  /// Adds those of count rows, below 2^30 and not added before, that are near enough.
  void add(const float* distances, const uint32_t* rows, size_t count);

  /// Writes up to `most` of the rows that were not expanded yet, the nearest first, and returns how many. They
  /// are expanded from now on.
  size_t expandNext(uint32_t* rows, size_t most) {
    size_t count = 0;
    while (count < most) {
      while (next_ < size_ && (entries_[next_] & 1)) ++next_;
      if (next_ == size_) break;
      rows[count++] = rowAt(next_);
      entries_[next_++] |= 1;
    }
    return count;
  }

  size_t size() const { return size_; }
  /// The i-th nearest.
  uint32_t rowAt(size_t i) const { return static_cast<uint32_t>(entries_[i]) << 1 >> 2; }
  uint32_t orderAt(size_t i) const { return static_cast<uint32_t>(entries_[i] >> 31); }

 private:
  size_t gather(const float* distances, const uint32_t* rows, size_t count);
  size_t merge(uint64_t* incoming, size_t count);

  size_t capacity_ = 0;
  size_t size_ = 0;
  size_t next_ = 0;  ///< no entry before it is left to expand
  bool inPairs_ = false;
  std::vector<uint64_t> entries_;   ///< beyond the capacity those that dropped out last
  std::vector<uint64_t> incoming_;  ///< entries to add
};

}  // namespace pagevec
