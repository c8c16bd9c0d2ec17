#include "encoder/kernels.h"

namespace pagevec {
namespace {

constexpr EncoderKernels kKernels[] = {
    {"scalar-bytes", Scheme::Byte, scalar::makeBytePass},
    {"scalar", Scheme::Short, scalar::makeShortPass},
#ifdef __wasm_simd128__
    {"simd128", Scheme::Short, simd128::makePass},
#endif
#ifdef __wasm_relaxed_simd__
    {"relaxed", Scheme::Byte, relaxed::makePass},
#endif
};

}  // namespace

std::span<const EncoderKernels> availableEncoderKernels() { return kKernels; }

const EncoderKernels& activeEncoderKernels() { return availableEncoderKernels().back(); }

}  // namespace pagevec
