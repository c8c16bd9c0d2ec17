#include "encoder/kernels.h"

namespace pagevec {
namespace {

constexpr EncoderKernels kKernels[] = {
    kScalarByteKernels, kScalarKernels,
#ifdef __wasm_simd128__
    kSimd128Kernels,
#endif
#ifdef __wasm_relaxed_simd__
    kRelaxedKernels,    kRelaxedTwosKernels,
#endif
};

}  // namespace

std::span<const EncoderKernels> availableEncoderKernels() { return kKernels; }

}  // namespace pagevec
