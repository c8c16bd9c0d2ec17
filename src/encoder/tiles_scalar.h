#pragma once

#include <cstddef>
#include <cstdint>

#include "encoder/weights.h"

namespace pagevec {

/// Integer matrix products in plain loops: the reference of tiles_simd128.h and tiles_relaxed.h.
/// Sums wrap as SIMD's do, so they are taken in uint32_t.
namespace scalar {

/// sums[r * 8 * panelCount + n] = the dot product of row r of a and output n of the panels.
/// Weight is int8_t in pairs of inputs, or uint8_t in steps of four.
template <size_t kStep, class Activation, class Weight>
void multiplyPanels(const Activation* a, size_t stride, size_t rows, size_t columns,
                    const Weight* panels, size_t panelCount, int32_t* sums) {
  constexpr size_t kPairs = kStep * kPanelRows;
  for (size_t p = 0; p < panelCount; ++p, panels += columns * kPanelRows) {
    for (size_t r = 0; r < rows; ++r) {
      uint32_t totals[kPairs] = {};
      for (size_t k = 0; k < columns; k += kStep) {
        const Weight* step = panels + k * kPanelRows;
        for (size_t i = 0; i < kPairs; ++i) {
          totals[i] += static_cast<uint32_t>(a[r * stride + k + i % kStep] * step[i]);
        }
      }
      int32_t* out = sums + (r * panelCount + p) * kPanelRows;
      for (size_t n = 0; n < kPanelRows; ++n) {
        uint32_t sum = 0;
        for (size_t i = 0; i < kStep; ++i) sum += totals[n * kStep + i];
        out[n] = static_cast<int32_t>(sum);
      }
    }
  }
}

}  // namespace scalar
}  // namespace pagevec
