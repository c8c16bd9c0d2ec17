#include "base/relaxed_dot.h"
#include "distance/code_kernels_list.h"

// A file of its own: a module that asks for no other kernels does not hold them.
namespace pagevec {

const CodeKernels& activeCodeKernels() {
#if defined(__wasm_relaxed_simd__)
  return relaxed::prefersTwoProducts() ? kRelaxedTwosCodeKernels : kRelaxedCodeKernels;
#elif defined(__wasm_simd128__)
  return kSimd128CodeKernels;
#else
  return kScalarCodeKernels;
#endif
}

}  // namespace pagevec
