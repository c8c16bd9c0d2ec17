#include "distance/vector_limits.h"

#include <cmath>

namespace pagevec {

// Hardly ever one is there: first all are looked at, by a loop that has no other way out and so
// becomes one of vector instructions.
size_t firstUnusableValue(std::span<const float> values) {
  const auto usable = [](float value) { return std::fabs(value) <= kMaxMagnitude; };  // no NaN
  bool all = true;
  for (const float value : values) all &= usable(value);
  if (all) return values.size();
  size_t i = 0;
  while (usable(values[i])) ++i;
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
