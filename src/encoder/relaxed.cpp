#ifdef __wasm_relaxed_simd__

#include "encoder/dots_relaxed.h"
#include "encoder/dots_simd128.h"
#include "encoder/forward_pass.h"
#include "encoder/lanes_simd.h"

namespace pagevec::relaxed {

using Kernel = Arithmetic<SimdLanes, ByteDot, simd128::ShortDot>;

std::unique_ptr<ForwardPass> makePass(const PreparedModel& model) {
  return std::make_unique<ForwardPassOf<Kernel>>(model);
}

std::unique_ptr<ForwardPass> makeTwosPass(const PreparedModel& model) {
  return std::make_unique<ForwardPassOf<Kernel>>(model, true);
}

}  // namespace pagevec::relaxed

#endif
