#include "distance/code_kernels.h"

#include "distance/code_kernels_list.h"

namespace pagevec {
namespace {

constexpr CodeKernels kKernels[] = {
    kScalarCodeKernels,
#ifdef __wasm_simd128__
    kSimd128CodeKernels,
#endif
#ifdef __wasm_relaxed_simd__
    kRelaxedCodeKernels,
    kRelaxedTwosCodeKernels,
#endif
};

}  // namespace

std::span<const CodeKernels> availableCodeKernels() { return kKernels; }

}  // namespace pagevec
