#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "encoder/weights.h"

namespace pagevec::scalar {

/// A step of an integer matrix product in plain loops: the reference of dots_simd128.h and
/// dots_relaxed.h. Sums wrap as SIMD's do, so they are taken in uint32_t.
template <class CellType, class WeightType, size_t kInputs, size_t kRows>
struct Dot {
  using Cell = CellType;
  using Weight = WeightType;
  using Sums = std::array<int32_t, 4>;
  static constexpr size_t kStep = kInputs;
  static constexpr size_t kTileRows = kRows;

  template <class Stored>
  static const Stored* weights(const Stored* panel) {
    return panel;
  }
  static const Cell* inputs(const Cell* a) { return a; }

  template <class Stored>
  static Sums add(Sums sums, const Cell* a, const Stored* weights, size_t half) {
    for (size_t n = 0; n < 4; ++n) {
      const Stored* w = weights + (4 * half + n) * kStep;
      uint32_t sum = 0;
      for (size_t i = 0; i < kStep; ++i) sum += static_cast<uint32_t>(a[i] * w[i]);
      sums[n] = static_cast<int32_t>(static_cast<uint32_t>(sums[n]) + sum);
    }
    return sums;
  }
};

using ShortDot = Dot<int16_t, int8_t, 2, 5>;
using ByteDot = Dot<int8_t, uint8_t, 4, 6>;

}  // namespace pagevec::scalar
