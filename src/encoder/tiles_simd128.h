#pragma once

#include <wasm_simd128.h>

#include <cstddef>
#include <cstdint>

#include "encoder/weights.h"

namespace pagevec::simd128 {

/// Two inputs of eight outputs, as int16: the unit of i32x4.dot_i16x8.
struct PanelPair {
  v128_t low;
  v128_t high;
};

inline PanelPair loadPair(const int8_t* p) {
  return {wasm_i16x8_load8x8(p), wasm_i16x8_load8x8(p + 8)};
}
inline PanelPair loadPair(const int16_t* p) { return {wasm_v128_load(p), wasm_v128_load(p + 8)}; }

/// One tile of kRows rows against every panel. 2 x kRows sums, 2 weights, a broadcast and a product
/// stay within the 15 vector registers that V8 has on x86 up to 5 rows. kColumns 0: any number.
/// Never inlined: V8 allocates registers better in a small function.
template <size_t kRows, size_t kColumns, class Weight>
__attribute__((noinline)) void tile(const int16_t* a, size_t stride, size_t anyColumns,
                                    const Weight* panels, size_t panelCount, int32_t* sums) {
  const size_t columns = kColumns ? kColumns : anyColumns;
  const size_t sumStride = panelCount * kPanelRows;
  for (size_t p = 0; p < panelCount; ++p, sums += kPanelRows) {
    v128_t total[kRows][2] = {};
#pragma clang loop unroll(disable)
    for (size_t k = 0; k < columns; k += 2, panels += 2 * kPanelRows) {
      const PanelPair weights = loadPair(panels);
      for (size_t r = 0; r < kRows; ++r) {
        const v128_t pair = wasm_v128_load32_splat(a + r * stride + k);
        total[r][0] = wasm_i32x4_add(total[r][0], wasm_i32x4_dot_i16x8(pair, weights.low));
        total[r][1] = wasm_i32x4_add(total[r][1], wasm_i32x4_dot_i16x8(pair, weights.high));
      }
    }
    for (size_t r = 0; r < kRows; ++r) {
      wasm_v128_store(sums + r * sumStride, total[r][0]);
      wasm_v128_store(sums + r * sumStride + 4, total[r][1]);
    }
  }
}

template <size_t kColumns, class Weight>
void tileOf(size_t rows, const int16_t* a, size_t stride, size_t columns, const Weight* panels,
            size_t panelCount, int32_t* sums) {
  switch (rows) {
    case 1: return tile<1, kColumns>(a, stride, columns, panels, panelCount, sums);
    case 2: return tile<2, kColumns>(a, stride, columns, panels, panelCount, sums);
    case 3: return tile<3, kColumns>(a, stride, columns, panels, panelCount, sums);
    case 4: return tile<4, kColumns>(a, stride, columns, panels, panelCount, sums);
    default: return tile<5, kColumns>(a, stride, columns, panels, panelCount, sums);
  }
}

}  // namespace pagevec::simd128
