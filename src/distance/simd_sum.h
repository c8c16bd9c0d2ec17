#pragma once

#include <wasm_simd128.h>

#include <cstddef>

namespace pagevec {

/// The one to three floats at p, zeros after them. Reads nothing past p[count - 1].
inline v128_t loadPartial(const float* p, size_t count) {
  if (count == 1) return wasm_v128_load32_zero(p);
  const v128_t two = wasm_v128_load64_zero(p);
  return count == 2 ? two : wasm_v128_load32_lane(p + 2, two, 2);
}

/// The sum of the four lanes.
inline float sumLanes(v128_t all) {
  return (wasm_f32x4_extract_lane(all, 0) + wasm_f32x4_extract_lane(all, 1)) +
         (wasm_f32x4_extract_lane(all, 2) + wasm_f32x4_extract_lane(all, 3));
}

/// Sums term(a, b, sum) over vectors of four. Four independent sums hide the latency of addition:
/// one sum would wait for each addition to finish before the next can start.
template <class Term>
inline float sumVectors(const float* a, const float* b, size_t n, Term term) {
  v128_t sums[4] = {};
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (size_t j = 0; j < 4; ++j) {
      sums[j] = term(wasm_v128_load(a + i + 4 * j), wasm_v128_load(b + i + 4 * j), sums[j]);
    }
  }
  size_t j = 0;
  for (; i + 4 <= n; i += 4, ++j) {
    sums[j] = term(wasm_v128_load(a + i), wasm_v128_load(b + i), sums[j]);
  }
  if (i < n) sums[j] = term(loadPartial(a + i, n - i), loadPartial(b + i, n - i), sums[j]);
  return sumLanes(
      wasm_f32x4_add(wasm_f32x4_add(sums[0], sums[1]), wasm_f32x4_add(sums[2], sums[3])));
}

}  // namespace pagevec
