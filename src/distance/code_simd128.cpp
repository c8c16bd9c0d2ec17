#ifdef __wasm_simd128__

#include "distance/code_kernels_list.h"
#include "distance/code_steps.h"

namespace pagevec::simd128 {
namespace {

struct Lanes {
  using Value = int16_t;
  static constexpr size_t kLoaded = 8;
  static v128_t add(const int16_t* values, const uint8_t* codes, v128_t sum) {
    return addWide(values, wasm_u16x8_load8x8(codes), sum);
  }
  static v128_t add(const int16_t* values, v128_t codes, v128_t sum) {
    sum = addWide(values, wasm_u16x8_extend_low_u8x16(codes), sum);
    return addWide(values + 8, wasm_u16x8_extend_high_u8x16(codes), sum);
  }

 private:
  static v128_t addWide(const int16_t* values, v128_t codes, v128_t sum) {
    return wasm_i32x4_add(wasm_i32x4_dot_i16x8(wasm_v128_load(values), codes), sum);
  }
};

}  // namespace

void dots7(const CodeOperand& operand, const uint8_t* const* rows, size_t count, size_t rowBytes,
           int32_t* dots) {
  inSteps<8>(Steps7<Lanes>{operand.wide.data(), rowBytes}, rows, count, dots);
}

void dots4(const CodeOperand& operand, const uint8_t* const* rows, size_t count, size_t rowBytes,
           int32_t* dots) {
  inSteps<8>(Steps4<Lanes>{operand.wide.data(), rowBytes}, rows, count, dots);
}

void dots1(const CodeOperand& operand, const uint8_t* const* rows, size_t count, size_t rowBytes,
           int32_t* dots) {
  inSteps<4>(Steps1{operand.planes.data(), rowBytes}, rows, count, dots);
}

void differences1(const CodeOperand& operand, const uint8_t* const* rows, size_t count,
                  size_t rowBytes, int32_t* differences) {
  inSteps<4>(StepsDifferences1{operand.planes.data(), rowBytes}, rows, count, differences);
}

void dots16(const int16_t* operand, const int16_t* const* rows, size_t count, size_t length,
            float* dots) {
  inSteps<4>(Steps16{operand, length}, rows, count, dots);
}

void dotsSplit(const int16_t* operand, const SplitRow* rows, size_t count, size_t length,
               float* dots) {
  inSteps<4>(StepsSplit{operand, length}, rows, count, dots);
}

}  // namespace pagevec::simd128

#endif
