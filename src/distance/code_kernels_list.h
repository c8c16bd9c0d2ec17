#pragma once

#include "distance/code_kernels.h"

// The implementations behind availableCodeKernels(). Each namespace exists only in builds that can
// run it.
#define PAGEVEC_CODE_KERNELS(space)                                                            \
  namespace space {                                                                            \
  void dots7(const CodeOperand& operand, const uint8_t* const* rows, size_t count,             \
             size_t rowBytes, int32_t* dots);                                                  \
  void dots4(const CodeOperand& operand, const uint8_t* const* rows, size_t count,             \
             size_t rowBytes, int32_t* dots);                                                  \
  void dots16(const int16_t* operand, const int16_t* const* rows, size_t count, size_t length, \
              float* dots);                                                                    \
  }

namespace pagevec {

PAGEVEC_CODE_KERNELS(scalar)
inline constexpr CodeKernels kScalarCodeKernels = {"scalar", false, scalar::dots7, scalar::dots4,
                                                   scalar::dots16};
#ifdef __wasm_simd128__
PAGEVEC_CODE_KERNELS(simd128)
inline constexpr CodeKernels kSimd128CodeKernels = {"simd128", true, simd128::dots7, simd128::dots4,
                                                    simd128::dots16};
#endif
#ifdef __wasm_relaxed_simd__
PAGEVEC_CODE_KERNELS(relaxed)
inline constexpr CodeKernels kRelaxedCodeKernels = {"relaxed", false, relaxed::dots7,
                                                    relaxed::dots4, simd128::dots16};
namespace relaxed_twos {
void dots7(const CodeOperand& operand, const uint8_t* const* rows, size_t count, size_t rowBytes,
           int32_t* dots);
}
inline constexpr CodeKernels kRelaxedTwosCodeKernels = {"relaxed-twos", false, relaxed_twos::dots7,
                                                        relaxed::dots4, simd128::dots16};
#endif

}  // namespace pagevec

#undef PAGEVEC_CODE_KERNELS
