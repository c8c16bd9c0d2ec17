#include "base/relaxed_dot.h"
#include "encoder/kernels.h"

// A file of its own: a module that asks for no other kernels does not hold them.
namespace pagevec {

const EncoderKernels& activeEncoderKernels() {
#if defined(__wasm_relaxed_simd__)
  return relaxed::prefersTwoProducts() ? kRelaxedTwosKernels : kRelaxedKernels;
#elif defined(__wasm_simd128__)
  return kSimd128Kernels;
#else
  return kScalarKernels;
#endif
}

}  // namespace pagevec
