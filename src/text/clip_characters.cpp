#include "text/clip_characters.h"

#include <algorithm>
#include <cstddef>
#include <span>

namespace pagevec {
namespace {

#include "text/clip_tables.inc"

uint32_t readVarint(std::span<const uint8_t> bytes, size_t& at) {
  uint32_t value = 0;
  for (int shift = 0;; shift += 7) {
    const uint8_t byte = bytes[at++];
    value |= static_cast<uint32_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
}

}  // namespace

ClipCharacters::ClipCharacters() {
  uint32_t begin = 0;
  for (size_t at = 0; at < std::size(kClassRuns);) {
    const uint32_t run = readVarint(kClassRuns, at);
    classRuns_.push_back(begin << 2 | (run & 3));
    begin += run >> 2;
  }
  uint32_t last = 0;
  for (size_t at = 0; at < std::size(kLowerRuns);) {
    const uint32_t first = last + readVarint(kLowerRuns, at);
    const uint32_t count = readVarint(kLowerRuns, at);
    const uint32_t zigzag = readVarint(kLowerRuns, at);
    const uint32_t step = (count & 1) + 1;
    last = first + ((count >> 1) - 1) * step;
    const auto distance = static_cast<int32_t>(zigzag >> 1 ^ (0 - (zigzag & 1)));
    lowerRuns_.push_back({first, last, step, distance});
  }
}

ClipClass ClipCharacters::classOf(char32_t c) const {
  const auto next = std::upper_bound(classRuns_.begin(), classRuns_.end(), c << 2 | 3);
  return static_cast<ClipClass>(next[-1] & 3);
}

char32_t ClipCharacters::lower(char32_t c) const {
  const auto run =
      std::lower_bound(lowerRuns_.begin(), lowerRuns_.end(), c,
                       [](const LowerRun& each, char32_t code) { return each.last < code; });
  if (run == lowerRuns_.end() || c < run->first || (c - run->first) % run->step != 0) return c;
  return c + run->distance;
}

}  // namespace pagevec
