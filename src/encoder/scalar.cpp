#include "encoder/dots_scalar.h"
#include "encoder/forward_pass.h"
#include "encoder/lanes_scalar.h"

namespace pagevec::scalar {

std::unique_ptr<ForwardPass> makeShortPass(const PreparedModel& model) {
  using Kernel = Arithmetic<ScalarLanes, ShortDot, ShortDot>;
  return std::make_unique<ForwardPassOf<Kernel>>(model);
}

std::unique_ptr<ForwardPass> makeBytePass(const PreparedModel& model) {
  using Kernel = Arithmetic<ScalarLanes, ByteDot, ShortDot>;
  return std::make_unique<ForwardPassOf<Kernel>>(model);
}

}  // namespace pagevec::scalar
