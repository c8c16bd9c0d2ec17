#include "encoder/forward_pass.h"
#include "encoder/lanes_scalar.h"
#include "encoder/tiles_scalar.h"

namespace pagevec::scalar {
namespace {

struct Shorts {
  using Lanes = ScalarLanes;
  using Activation = int16_t;
  static constexpr Scheme kScheme = Scheme::Short;
  static constexpr size_t kTileRows = 5;
  static constexpr size_t kShortTileRows = 5;

  static void multiply(const int16_t* a, size_t rows, size_t columns, const uint8_t* panels,
                       size_t panelCount, int32_t* sums) {
    const auto* weights = reinterpret_cast<const int8_t*>(panels);
    multiplyPanels<2>(a, columns, rows, columns, weights, panelCount, sums);
  }
  static void multiplyShorts(const int16_t* a, size_t stride, size_t rows, size_t columns,
                             const int16_t* panels, size_t panelCount, int32_t* sums) {
    multiplyPanels<2>(a, stride, rows, columns, panels, panelCount, sums);
  }
};

struct Bytes : Shorts {
  using Activation = int8_t;
  static constexpr Scheme kScheme = Scheme::Byte;
  static constexpr size_t kTileRows = 6;

  static void multiply(const int8_t* a, size_t rows, size_t columns, const uint8_t* panels,
                       size_t panelCount, int32_t* sums) {
    multiplyPanels<4>(a, columns, rows, columns, panels, panelCount, sums);
  }
};

}  // namespace

std::unique_ptr<ForwardPass> makeShortPass(const PreparedModel& model) {
  return std::make_unique<ForwardPassOf<Shorts>>(model);
}

std::unique_ptr<ForwardPass> makeBytePass(const PreparedModel& model) {
  return std::make_unique<ForwardPassOf<Bytes>>(model);
}

}  // namespace pagevec::scalar
