#include "encoder/kernels.h"

// A file of its own: a module that asks for no other kernels does not hold them.
namespace pagevec {
namespace {

#if defined(__wasm_relaxed_simd__)
constexpr EncoderKernels kActive = kRelaxedKernels;
#elif defined(__wasm_simd128__)
constexpr EncoderKernels kActive = kSimd128Kernels;
#else
constexpr EncoderKernels kActive = kScalarKernels;
#endif

}  // namespace

const EncoderKernels& activeEncoderKernels() { return kActive; }

}  // namespace pagevec
