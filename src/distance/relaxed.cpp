#ifdef __wasm_relaxed_simd__

#include "distance/kernels.h"
#include "distance/simd_sum.h"

// Relaxed madd is one fused instruction where the machine has one, a multiply and an add elsewhere:
// results may differ between machines in the last bits.
namespace pagevec::relaxed {

float squaredL2(const float* a, const float* b, size_t n) {
  return sumVectors(a, b, n, [](v128_t x, v128_t y, v128_t sum) {
    const v128_t difference = wasm_f32x4_sub(x, y);
    return wasm_f32x4_relaxed_madd(difference, difference, sum);
  });
}

float dot(const float* a, const float* b, size_t n) {
  return sumVectors(
      a, b, n, [](v128_t x, v128_t y, v128_t sum) { return wasm_f32x4_relaxed_madd(x, y, sum); });
}

}  // namespace pagevec::relaxed

#endif
