#ifdef __wasm_relaxed_simd__

#include "base/relaxed_dot.h"
#include "distance/code_kernels_list.h"
#include "distance/code_steps.h"

namespace pagevec {
namespace {

template <class Products>
struct Lanes {
  using Value = int8_t;
  static constexpr size_t kLoaded = 16;
  static v128_t add(const int8_t* values, const uint8_t* codes, v128_t sum) {
    return add(values, wasm_v128_load(codes), sum);
  }
  static v128_t add(const int8_t* values, v128_t codes, v128_t sum) {
    return Products::add(wasm_v128_load(values), codes, sum);
  }
};
using Fours = Lanes<relaxed::FourProducts>;
using Twos = Lanes<relaxed::TwoProducts>;

}  // namespace

void relaxed::dots7(const CodeOperand& operand, const uint8_t* const* rows, size_t count,
                    size_t rowBytes, int32_t* dots) {
  inSteps<8>(Steps7<Fours>{operand.narrow.data(), rowBytes}, rows, count, dots);
}

void relaxed::dots4(const CodeOperand& operand, const uint8_t* const* rows, size_t count,
                    size_t rowBytes, int32_t* dots) {
  inSteps<8>(Steps4<Fours>{operand.narrow.data(), rowBytes}, rows, count, dots);
}

void relaxed_twos::dots7(const CodeOperand& operand, const uint8_t* const* rows, size_t count,
                         size_t rowBytes, int32_t* dots) {
  inSteps<8>(Steps7<Twos>{operand.narrow.data(), rowBytes}, rows, count, dots);
}

void relaxed_twos::dots4(const CodeOperand& operand, const uint8_t* const* rows, size_t count,
                         size_t rowBytes, int32_t* dots) {
  inSteps<8>(Steps4<Twos>{operand.narrow.data(), rowBytes}, rows, count, dots);
}

}  // namespace pagevec

#endif
