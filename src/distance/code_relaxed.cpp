#ifdef __wasm_relaxed_simd__

#include <algorithm>

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
    return Products::add(wasm_v128_load(values), wasm_v128_load(codes), sum);
  }
};
using Fours = Lanes<relaxed::FourProducts>;
using Twos = Lanes<relaxed::TwoProducts>;

/// Sums of products with 4 bits stay in 16 bits for four vectors of codes (16 * 127 * 15 < 2^15).
struct ShortSteps4 {
  static constexpr size_t kShortBytes = 4 * 16;

  const int8_t* values;
  size_t rowBytes;

  template <int N>
  void run(const uint8_t* const* rows, int32_t* dots) const {
    const v128_t mask = wasm_i8x16_const_splat(15);
    v128_t sums[N] = {};
    for (size_t begin = 0; begin < rowBytes; begin += kShortBytes) {
      v128_t shorts[N] = {};
      for (size_t i = begin; i < std::min(begin + kShortBytes, rowBytes); i += 16) {
        const v128_t low = wasm_v128_load(values + 2 * i);
        const v128_t high = wasm_v128_load(values + 2 * i + 16);
        for (int n = 0; n < N; ++n) {
          const v128_t codes = wasm_v128_load(rows[n] + i);
          const v128_t pairs =
              wasm_i16x8_add(wasm_i16x8_relaxed_dot_i8x16_i7x16(low, wasm_v128_and(codes, mask)),
                             wasm_i16x8_relaxed_dot_i8x16_i7x16(high, wasm_u8x16_shr(codes, 4)));
          shorts[n] = wasm_i16x8_add(shorts[n], pairs);
        }
      }
      for (int n = 0; n < N; ++n) {
        sums[n] = wasm_i32x4_add(sums[n], wasm_i32x4_extadd_pairwise_i16x8(shorts[n]));
      }
    }
    storeLaneSums<N>(sums, dots);
  }
};

}  // namespace

void relaxed::dots7(const CodeOperand& operand, const uint8_t* const* rows, size_t count,
                    size_t rowBytes, int32_t* dots) {
  inSteps<8>(Steps7<Fours>{operand.narrow.data(), rowBytes}, rows, count, dots);
}

void relaxed::dots4(const CodeOperand& operand, const uint8_t* const* rows, size_t count,
                    size_t rowBytes, int32_t* dots) {
  inSteps<4>(ShortSteps4{operand.narrow.data(), rowBytes}, rows, count, dots);
}

void relaxed_twos::dots7(const CodeOperand& operand, const uint8_t* const* rows, size_t count,
                         size_t rowBytes, int32_t* dots) {
  inSteps<8>(Steps7<Twos>{operand.narrow.data(), rowBytes}, rows, count, dots);
}

}  // namespace pagevec

#endif
