#ifdef __wasm_simd128__

#include "distance/code_kernels_list.h"
#include "distance/code_lanes.h"
#include "distance/code_steps.h"

namespace pagevec::simd128 {
namespace {

v128_t dotAdd(v128_t values, v128_t codes, v128_t sum) {
  return wasm_i32x4_add(wasm_i32x4_dot_i16x8(values, codes), sum);
}

struct Steps7 {
  const int16_t* values;
  size_t rowBytes;

  template <int N>
  void run(const uint8_t* const* rows, int32_t* dots) const {
    v128_t sums[N] = {};
    for (size_t i = 0; i < rowBytes; i += 8) {
      const v128_t x = wasm_v128_load(values + i);
      for (int n = 0; n < N; ++n) sums[n] = dotAdd(x, wasm_u16x8_load8x8(rows[n] + i), sums[n]);
    }
    storeLaneSums<N>(sums, dots);
  }
};

struct Steps4 {
  const int16_t* values;
  size_t rowBytes;

  template <int N>
  void run(const uint8_t* const* rows, int32_t* dots) const {
    const v128_t mask = wasm_i8x16_const_splat(15);
    v128_t sums[N] = {};
    for (size_t i = 0; i < rowBytes; i += 16) {
      v128_t x[4];
      for (int j = 0; j < 4; ++j) x[j] = wasm_v128_load(values + 2 * i + 8 * j);
      for (int n = 0; n < N; ++n) {
        const v128_t codes = wasm_v128_load(rows[n] + i);
        const v128_t low = wasm_v128_and(codes, mask);
        const v128_t high = wasm_u8x16_shr(codes, 4);
        sums[n] = dotAdd(x[0], wasm_u16x8_extend_low_u8x16(low), sums[n]);
        sums[n] = dotAdd(x[1], wasm_u16x8_extend_high_u8x16(low), sums[n]);
        sums[n] = dotAdd(x[2], wasm_u16x8_extend_low_u8x16(high), sums[n]);
        sums[n] = dotAdd(x[3], wasm_u16x8_extend_high_u8x16(high), sums[n]);
      }
    }
    storeLaneSums<N>(sums, dots);
  }
};

}  // namespace

void dots7(const CodeOperand& operand, const uint8_t* const* rows, size_t count, size_t rowBytes,
           int32_t* dots) {
  inSteps(Steps7{operand.wide.data(), rowBytes}, rows, count, dots);
}

void dots4(const CodeOperand& operand, const uint8_t* const* rows, size_t count, size_t rowBytes,
           int32_t* dots) {
  inSteps(Steps4{operand.wide.data(), rowBytes}, rows, count, dots);
}

}  // namespace pagevec::simd128

#endif
