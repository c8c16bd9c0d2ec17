#include "distance/vector_limits.h"

#include <cmath>

namespace pagevec {

size_t firstUnusableValue(std::span<const float> values) {
  size_t i = 0;
  while (i < values.size() && std::fabs(values[i]) <= kMaxMagnitude) ++i;  // false for NaN
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
