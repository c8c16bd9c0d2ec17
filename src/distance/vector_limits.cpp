#include "distance/vector_limits.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pagevec {

// Hardly ever one is there: first all are looked at, by a loop that has no other way out and so
// becomes one of vector instructions. The bits of magnitudes sort as these do, NaN last.
size_t firstUnusableValue(std::span<const float> values) {
  constexpr auto kMostBits = std::bit_cast<uint32_t>(kMaxMagnitude);
  const auto magnitudeBits = [](float value) {
    return std::bit_cast<uint32_t>(value) & 0x7FFFFFFF;
  };
  uint32_t most = 0;
  for (const float value : values) most = std::max(most, magnitudeBits(value));
  if (most <= kMostBits) return values.size();
  size_t i = 0;
  while (magnitudeBits(values[i]) <= kMostBits) ++i;
  return i;
}

Status unusableValue(const std::string& owner, size_t place, float value) {
  const std::string at = " at position " + std::to_string(place);
  if (std::isfinite(value)) {
    return Status(StatusCode::InvalidArgument,
                  owner + " has " + std::to_string(value) + at +
                      "; values beyond 1e16 overflow a distance, scale the vector");
  }
  return Status(StatusCode::NotFinite, owner + " has " +
                                           (std::isnan(value) ? "NaN" : "an infinity") + at +
                                           "; embeddings must be finite numbers");
}

}  // namespace pagevec
