#ifdef __wasm_relaxed_simd__

#include "encoder/forward_pass.h"
#include "encoder/lanes_simd.h"
#include "encoder/tiles_relaxed.h"
#include "encoder/tiles_simd128.h"

namespace pagevec::relaxed {
namespace {

struct Bytes {
  using Lanes = SimdLanes;
  using Activation = int8_t;
  static constexpr Scheme kScheme = Scheme::Byte;
  static constexpr size_t kTileRows = 6;
  static constexpr size_t kShortTileRows = 5;

  static void multiply(const int8_t* a, size_t rows, size_t columns, const uint8_t* panels,
                       size_t panelCount, int32_t* sums) {
    switch (columns) {
      case 384: return tileOf<384>(rows, a, columns, panels, panelCount, sums);
      case 1536: return tileOf<1536>(rows, a, columns, panels, panelCount, sums);
      default: return tileOf<0>(rows, a, columns, panels, panelCount, sums);
    }
  }
  static void multiplyShorts(const int16_t* a, size_t stride, size_t rows, size_t columns,
                             const int16_t* panels, size_t panelCount, int32_t* sums) {
    simd128::tileOf<0>(rows, a, stride, columns, panels, panelCount, sums);
  }
};

}  // namespace

std::unique_ptr<ForwardPass> makePass(const PreparedModel& model) {
  return std::make_unique<ForwardPassOf<Bytes>>(model);
}

}  // namespace pagevec::relaxed

#endif
