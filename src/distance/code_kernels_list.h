#pragma once

#include "distance/code_kernels.h"

// The implementations behind availableCodeKernels(). Each namespace exists only in builds that can
// run it.
#define PAGEVEC_CODE_KERNELS(space)                                                \
  namespace space {                                                                \
  void dots7(const CodeOperand& operand, const uint8_t* const* rows, size_t count, \
             size_t rowBytes, int32_t* dots);                                      \
  void dots4(const CodeOperand& operand, const uint8_t* const* rows, size_t count, \
             size_t rowBytes, int32_t* dots);                                      \
  }

namespace pagevec {

PAGEVEC_CODE_KERNELS(scalar)
#ifdef __wasm_simd128__
PAGEVEC_CODE_KERNELS(simd128)
#endif
#ifdef __wasm_relaxed_simd__
PAGEVEC_CODE_KERNELS(relaxed)
#endif

}  // namespace pagevec

#undef PAGEVEC_CODE_KERNELS
