#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace pagevec {

/// Sorts ascending. The one sort of this room: what is to be sorted is packed into numbers, since
/// each further instantiation of std::sort makes the module larger by kilobytes.
void sortKeys(std::vector<uint64_t>& keys);

/// Ascending by high, then by low.
inline uint64_t keyOf(uint32_t high, uint32_t low) {
  return static_cast<uint64_t>(high) << 32 | low;
}
inline uint32_t highOf(uint64_t key) { return static_cast<uint32_t>(key >> 32); }
inline uint32_t lowOf(uint64_t key) { return static_cast<uint32_t>(key); }

/// The smaller, the larger the score; no NaN. -0 counts as 0.
inline uint32_t descending(float score) {
  const auto bits = std::bit_cast<uint32_t>(score + 0.0f);
  return bits >> 31 ? bits : ~bits & 0x7FFFFFFF;
}

/// The score of a descending().
inline float scoreOf(uint32_t bits) {
  return std::bit_cast<float>(bits >> 31 ? bits : ~bits & 0x7FFFFFFF);
}

}  // namespace pagevec
