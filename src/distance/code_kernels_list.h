#pragma once

#include "distance/code_kernels.h"

// The implementations behind availableCodeKernels(). Each namespace exists only in builds that can
// run it.
namespace pagevec {

namespace scalar {
DotsOfCodes dots7, dots4, dots1, differences1;
DotsOfShorts dots16;
DotsOfSplit dotsSplit;
}  // namespace scalar
inline constexpr CodeKernels kScalarCodeKernels = {"scalar",       false,
                                                   scalar::dots7,  scalar::dots4,
                                                   scalar::dots1,  scalar::differences1,
                                                   scalar::dots16, scalar::dotsSplit};

#ifdef __wasm_simd128__
namespace simd128 {
DotsOfCodes dots7, dots4, dots1, differences1;
DotsOfShorts dots16;
DotsOfSplit dotsSplit;
}  // namespace simd128
inline constexpr CodeKernels kSimd128CodeKernels = {"simd128",       true,
                                                    simd128::dots7,  simd128::dots4,
                                                    simd128::dots1,  simd128::differences1,
                                                    simd128::dots16, simd128::dotsSplit};
#endif

#ifdef __wasm_relaxed_simd__
namespace relaxed {
DotsOfCodes dots7, dots4;
}
inline constexpr CodeKernels kRelaxedCodeKernels = {"relaxed",       false,
                                                    relaxed::dots7,  relaxed::dots4,
                                                    simd128::dots1,  simd128::differences1,
                                                    simd128::dots16, simd128::dotsSplit};
namespace relaxed_twos {
DotsOfCodes dots7;
}
inline constexpr CodeKernels kRelaxedTwosCodeKernels = {
    "relaxed-twos",        false,           relaxed_twos::dots7, relaxed::dots4, simd128::dots1,
    simd128::differences1, simd128::dots16, simd128::dotsSplit};
#endif

}  // namespace pagevec
