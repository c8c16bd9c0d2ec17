#ifdef __wasm_simd128__

#include "encoder/forward_pass.h"
#include "encoder/lanes_simd.h"
#include "encoder/tiles_simd128.h"

namespace pagevec::simd128 {
namespace {

struct Shorts {
  using Lanes = SimdLanes;
  using Activation = int16_t;
  static constexpr Scheme kScheme = Scheme::Short;
  static constexpr size_t kTileRows = 5;
  static constexpr size_t kShortTileRows = 5;

  static void multiply(const int16_t* a, size_t rows, size_t columns, const uint8_t* panels,
                       size_t panelCount, int32_t* sums) {
    const auto* weights = reinterpret_cast<const int8_t*>(panels);
    switch (columns) {
      case 384: return tileOf<384>(rows, a, columns, columns, weights, panelCount, sums);
      case 1536: return tileOf<1536>(rows, a, columns, columns, weights, panelCount, sums);
      default: return tileOf<0>(rows, a, columns, columns, weights, panelCount, sums);
    }
  }
  static void multiplyShorts(const int16_t* a, size_t stride, size_t rows, size_t columns,
                             const int16_t* panels, size_t panelCount, int32_t* sums) {
    tileOf<0>(rows, a, stride, columns, panels, panelCount, sums);
  }
};

}  // namespace

std::unique_ptr<ForwardPass> makePass(const PreparedModel& model) {
  return std::make_unique<ForwardPassOf<Shorts>>(model);
}

}  // namespace pagevec::simd128

#endif
