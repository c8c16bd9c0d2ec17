#include "distance/code_kernels.h"

#include "distance/code_kernels_list.h"

namespace pagevec {
namespace {

constexpr CodeKernels kKernels[] = {
    {"scalar", false, scalar::dots7, scalar::dots4},
#ifdef __wasm_simd128__
    {"simd128", true, simd128::dots7, simd128::dots4},
#endif
#ifdef __wasm_relaxed_simd__
    {"relaxed", false, relaxed::dots7, relaxed::dots4},
#endif
};

}  // namespace

std::span<const CodeKernels> availableCodeKernels() { return kKernels; }

const CodeKernels& activeCodeKernels() { return availableCodeKernels().back(); }

}  // namespace pagevec
