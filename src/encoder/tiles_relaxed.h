#pragma once

#include <wasm_simd128.h>

#include <cstddef>
#include <cstdint>

#include "encoder/weights.h"

namespace pagevec::relaxed {

/// As simd128::tile, four inputs at a time. relaxed_dot's first operand is signed and may have all 8
/// bits, its second must stay within 0..127: then every machine gives the same sums, since even
/// x86's pmaddubsw cannot saturate (2 * 128 * 127 < 2^15). 12 sums in flight hide the latency.
template <size_t kRows, size_t kColumns>
__attribute__((noinline)) void tile(const int8_t* a, size_t anyColumns, const uint8_t* panels,
                                    size_t panelCount, int32_t* sums) {
  const size_t columns = kColumns ? kColumns : anyColumns;
  const size_t sumStride = panelCount * kPanelRows;
  for (size_t p = 0; p < panelCount; ++p, sums += kPanelRows) {
    v128_t total[kRows][2] = {};
#pragma clang loop unroll(disable)
    for (size_t k = 0; k < columns; k += 4, panels += 4 * kPanelRows) {
      const v128_t low = wasm_v128_load(panels);
      const v128_t high = wasm_v128_load(panels + 16);
      for (size_t r = 0; r < kRows; ++r) {
        const v128_t four = wasm_v128_load32_splat(a + r * columns + k);
        total[r][0] = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(four, low, total[r][0]);
        total[r][1] = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(four, high, total[r][1]);
      }
    }
    for (size_t r = 0; r < kRows; ++r) {
      wasm_v128_store(sums + r * sumStride, total[r][0]);
      wasm_v128_store(sums + r * sumStride + 4, total[r][1]);
    }
  }
}

template <size_t kColumns>
void tileOf(size_t rows, const int8_t* a, size_t columns, const uint8_t* panels, size_t panelCount,
            int32_t* sums) {
  switch (rows) {
    case 1: return tile<1, kColumns>(a, columns, panels, panelCount, sums);
    case 2: return tile<2, kColumns>(a, columns, panels, panelCount, sums);
    case 3: return tile<3, kColumns>(a, columns, panels, panelCount, sums);
    case 4: return tile<4, kColumns>(a, columns, panels, panelCount, sums);
    case 5: return tile<5, kColumns>(a, columns, panels, panelCount, sums);
    default: return tile<6, kColumns>(a, columns, panels, panelCount, sums);
  }
}

}  // namespace pagevec::relaxed
