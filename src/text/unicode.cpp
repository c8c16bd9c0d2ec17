#include "text/unicode.h"

#include <algorithm>
#include <bit>
#include <cstddef>

namespace pagevec {
namespace {

#include "text/unicode_tables.inc"

constexpr uint32_t kBlock = 64;
constexpr uint16_t kPoolEscape = 0xD800;
constexpr uint16_t kPoolEnd = 0xDFFF;

bool isDense(char32_t c) { return c < kGapBegin || (c >= kGapEnd && c < kDenseEnd); }

uint32_t denseBlock(char32_t c) { return (c < kGapBegin ? c : c - (kGapEnd - kGapBegin)) / kBlock; }

// The low byte of the last entry that begins at or before c; 0 before the first entry.
template <size_t N>
uint8_t rangeValue(const uint32_t (&ranges)[N], char32_t c) {
  const uint32_t* next = std::upper_bound(ranges, ranges + N, c << 8 | 0xFF);
  return next == ranges ? 0 : static_cast<uint8_t>(next[-1]);
}

// Unicode standard, section 3.12: index = (L * 21 + V) * 28 + T.
Mapping decomposeHangul(char32_t c) {
  const char32_t index = c - 0xAC00;
  const char32_t trailing = index % 28;
  return {{0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + trailing},
          static_cast<uint8_t>(trailing == 0 ? 2 : 3)};
}

Mapping readPool(size_t position) {
  Mapping mapping{{}, 0};
  for (; kMappingPool[position] != 0; ++position) {
    mapping.codePoints[mapping.size++] = kMappingPool[position];
  }
  return mapping;
}

}  // namespace

CharClass charClass(char32_t c) {
  if (!isDense(c)) return static_cast<CharClass>(rangeValue(kClassRanges, c));
  const uint32_t offset = c % kBlock;
  const uint8_t pair = kClassBlocks[kClassIndex[denseBlock(c)] * (kBlock / 2) + offset / 2];
  return static_cast<CharClass>(offset % 2 == 0 ? pair & 0xF : pair >> 4);
}

Mapping bertMapping(char32_t c) {
  if (c >= 0xAC00 && c <= 0xD7A3) return decomposeHangul(c);
  if (!isDense(c)) return {{c}, 1};
  const uint8_t block = kMappingIndex[denseBlock(c)];
  const uint64_t bit = uint64_t{1} << c % kBlock;
  if ((kMappingBitmaps[block] & bit) == 0) return {{c}, 1};
  const int rank = std::popcount(kMappingBitmaps[block] & (bit - 1));
  const uint16_t value = kMappingValues[kMappingStarts[block] + rank];
  if (value >= kPoolEscape && value <= kPoolEnd) return readPool(value - kPoolEscape);
  return {{value}, 1};
}

uint8_t combiningClass(char32_t c) { return rangeValue(kCombiningRanges, c); }

}  // namespace pagevec
