#ifdef __wasm_relaxed_simd__

#include "distance/code_kernels_list.h"
#include "distance/code_steps.h"

// The relaxed dot product of signed bytes with bytes below 128 is exact on every machine; only bytes
// above 127 in the second operand would differ between them, and codes have none.
namespace pagevec::relaxed {
namespace {

struct Lanes {
  using Value = int8_t;
  static constexpr size_t kLoaded = 16;
  static v128_t add(const int8_t* values, const uint8_t* codes, v128_t sum) {
    return add(values, wasm_v128_load(codes), sum);
  }
  static v128_t add(const int8_t* values, v128_t codes, v128_t sum) {
    return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(wasm_v128_load(values), codes, sum);
  }
};

}  // namespace

void dots7(const CodeOperand& operand, const uint8_t* const* rows, size_t count, size_t rowBytes,
           int32_t* dots) {
  inSteps(Steps7<Lanes>{operand.narrow.data(), rowBytes}, rows, count, dots);
}

void dots4(const CodeOperand& operand, const uint8_t* const* rows, size_t count, size_t rowBytes,
           int32_t* dots) {
  inSteps(Steps4<Lanes>{operand.narrow.data(), rowBytes}, rows, count, dots);
}

}  // namespace pagevec::relaxed

#endif
