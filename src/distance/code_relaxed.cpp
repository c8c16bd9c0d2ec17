#ifdef __wasm_relaxed_simd__

#include "distance/code_kernels_list.h"
#include "distance/code_lanes.h"
#include "distance/code_steps.h"

// The relaxed dot product of signed bytes with bytes below 128 is exact on every machine; only bytes
// above 127 in the second operand would differ between them, and codes have none.
namespace pagevec::relaxed {
namespace {

v128_t dotAdd(v128_t values, v128_t codes, v128_t sum) {
  return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(values, codes, sum);
}

struct Steps7 {
  const int8_t* values;
  size_t rowBytes;

  template <int N>
  void run(const uint8_t* const* rows, int32_t* dots) const {
    v128_t sums[N] = {};
    for (size_t i = 0; i < rowBytes; i += 16) {
      const v128_t x = wasm_v128_load(values + i);
      for (int n = 0; n < N; ++n) sums[n] = dotAdd(x, wasm_v128_load(rows[n] + i), sums[n]);
    }
    storeLaneSums<N>(sums, dots);
  }
};

struct Steps4 {
  const int8_t* values;
  size_t rowBytes;

  template <int N>
  void run(const uint8_t* const* rows, int32_t* dots) const {
    const v128_t mask = wasm_i8x16_const_splat(15);
    v128_t sums[N] = {};
    for (size_t i = 0; i < rowBytes; i += 16) {
      const v128_t x = wasm_v128_load(values + 2 * i);
      const v128_t y = wasm_v128_load(values + 2 * i + 16);
      for (int n = 0; n < N; ++n) {
        const v128_t codes = wasm_v128_load(rows[n] + i);
        sums[n] = dotAdd(x, wasm_v128_and(codes, mask), sums[n]);
        sums[n] = dotAdd(y, wasm_u8x16_shr(codes, 4), sums[n]);
      }
    }
    storeLaneSums<N>(sums, dots);
  }
};

}  // namespace

void dots7(const CodeOperand& operand, const uint8_t* const* rows, size_t count, size_t rowBytes,
           int32_t* dots) {
  inSteps(Steps7{operand.narrow.data(), rowBytes}, rows, count, dots);
}

void dots4(const CodeOperand& operand, const uint8_t* const* rows, size_t count, size_t rowBytes,
           int32_t* dots) {
  inSteps(Steps4{operand.narrow.data(), rowBytes}, rows, count, dots);
}

}  // namespace pagevec::relaxed

#endif
