#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"

namespace pagevec {

constexpr uint32_t kMaxDimension = 65536;

/// The largest magnitude in a vector: the squared distance of two vectors of kMaxDimension such
/// values, 65536 * (2e16)^2 = 2.6e37, is still a finite float.
constexpr float kMaxMagnitude = 1e16f;

/// The place of the first value that is NaN, infinite or beyond kMaxMagnitude; values.size() if
/// there is none.
size_t firstUnusableValue(std::span<const float> values);

/// The refusal of such a value: NotFinite, or InvalidArgument where it is only too large. owner is e.g.
/// "document 3" or "the query".
Status unusableValue(const std::string& owner, size_t place, float value);

}  // namespace pagevec
