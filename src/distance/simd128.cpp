#ifdef __wasm_simd128__

#include "distance/kernels.h"
#include "distance/simd_sum.h"

namespace pagevec::simd128 {

float squaredL2(const float* a, const float* b, size_t n) {
  return sumVectors(a, b, n, [](v128_t x, v128_t y, v128_t sum) {
    const v128_t difference = wasm_f32x4_sub(x, y);
    return wasm_f32x4_add(wasm_f32x4_mul(difference, difference), sum);
  });
}

float dot(const float* a, const float* b, size_t n) {
  return sumVectors(a, b, n, [](v128_t x, v128_t y, v128_t sum) {
    return wasm_f32x4_add(wasm_f32x4_mul(x, y), sum);
  });
}

}  // namespace pagevec::simd128

#endif
