#include "base/substring.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace pagevec {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101;

// The top bit of each byte that is zero, and perhaps of a byte above one that is (Mycroft's test).
uint64_t zeroBytes(uint64_t word) { return (word - kOnes) & ~word & (kOnes << 7); }

}  // namespace

bool containsText(std::string_view text, std::string_view part) {
  if (part.size() > text.size()) return false;
  if (part.empty()) return true;
  const size_t last = part.size() - 1;
  const size_t places = text.size() - last;
  const uint64_t firsts = kOnes * static_cast<uint8_t>(part.front());
  const uint64_t lasts = kOnes * static_cast<uint8_t>(part.back());
  const auto isAt = [&](size_t place) {
    return std::memcmp(text.data() + place, part.data(), part.size()) == 0;
  };
  size_t place = 0;
  for (; place + sizeof(uint64_t) <= places; place += sizeof(uint64_t)) {
    const char* at = text.data() + place;
    uint64_t found = zeroBytes((wordAt(at) ^ firsts) | (wordAt(at + last) ^ lasts));
    for (; found != 0; found &= found - 1) {
      if (isAt(place + static_cast<size_t>(std::countr_zero(found)) / 8)) return true;
    }
  }
  while (place < places && !isAt(place)) ++place;
  return place < places;
}

}  // namespace pagevec
