#pragma once

#include <wasm_simd128.h>

#include <cstdint>

namespace pagevec {

/// Writes the sums of the four lanes of each of N vectors: transposed, so that four sums take six
/// shuffles and three additions.
template <int N>
inline void storeLaneSums(const v128_t* sums, int32_t* out) {
  if constexpr (N >= 4) {
    for (int i = 0; i < N; i += 4) {
      const v128_t ab0 = wasm_i32x4_shuffle(sums[i], sums[i + 1], 0, 4, 1, 5);
      const v128_t ab1 = wasm_i32x4_shuffle(sums[i], sums[i + 1], 2, 6, 3, 7);
      const v128_t cd0 = wasm_i32x4_shuffle(sums[i + 2], sums[i + 3], 0, 4, 1, 5);
      const v128_t cd1 = wasm_i32x4_shuffle(sums[i + 2], sums[i + 3], 2, 6, 3, 7);
      const v128_t ab = wasm_i32x4_add(ab0, ab1);  // a02 b02 a13 b13
      const v128_t cd = wasm_i32x4_add(cd0, cd1);
      wasm_v128_store(out + i, wasm_i32x4_add(wasm_i64x2_shuffle(ab, cd, 0, 2),
                                              wasm_i64x2_shuffle(ab, cd, 1, 3)));
    }
  } else {
    for (int i = 0; i < N; ++i) {
      const v128_t two = wasm_i32x4_add(sums[i], wasm_i64x2_shuffle(sums[i], sums[i], 1, 0));
      out[i] = wasm_i32x4_extract_lane(two, 0) + wasm_i32x4_extract_lane(two, 1);
    }
  }
}

}  // namespace pagevec
