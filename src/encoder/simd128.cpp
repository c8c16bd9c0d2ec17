#ifdef __wasm_simd128__

#include "encoder/dots_simd128.h"
#include "encoder/forward_pass.h"
#include "encoder/lanes_simd.h"

namespace pagevec::simd128 {

std::unique_ptr<ForwardPass> makePass(const PreparedModel& model) {
  using Kernel = Arithmetic<SimdLanes, ShortDot, ShortDot>;
  return std::make_unique<ForwardPassOf<Kernel>>(model);
}

}  // namespace pagevec::simd128

#endif
