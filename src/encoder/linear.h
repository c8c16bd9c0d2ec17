#pragma once

#include <algorithm>
#include <cstddef>

#include "encoder/activations.h"
#include "encoder/prepared.h"

namespace pagevec {

/// Bytes of weights that stay in the first-level cache while all rows pass over them.
constexpr size_t kBlockBytes = 24 * 1024;
constexpr size_t kMaxBlockPanels = 6;
constexpr size_t kMaxTileRows = 6;

/// Calls tile(first, count) so that the rows are dealt evenly: 7 rows are 4 + 3 rather than 6 + 1,
/// since a tile of one row waits for its own sums.
template <class Tile>
void forEachTile(size_t rows, size_t maxRows, Tile&& tile) {
  const size_t tiles = (rows + maxRows - 1) / maxRows;
  size_t first = 0;
  for (size_t i = 0; i < tiles; ++i) {
    const size_t count = rows / tiles + (i < rows % tiles ? 1 : 0);
    tile(first, count);
    first += count;
  }
}

/// The four outputs from n on of one row, as floats.
template <class Arithmetic>
inline auto outputsOf(const PreparedLinear& linear, size_t n, const int32_t* sums,
                      const RowFactors& factors, const float* outliers) {
  using Lanes = typename Arithmetic::Lanes;
  auto y = Lanes::madd(Lanes::mul(Lanes::load(sums), Lanes::load(linear.scale.data() + n)),
                       Lanes::splat(factors.scale), Lanes::load(linear.bias + n));
  y = Lanes::madd(Lanes::splat(factors.minusSum), Lanes::load(linear.correction.data() + n), y);
  if constexpr (Arithmetic::kScheme == Scheme::Byte) {
    y = Lanes::madd(Lanes::splat(factors.minusZero), Lanes::load(linear.weightSum.data() + n), y);
    for (size_t i = 0; i < linear.outliers.size(); ++i) {
      const float* weights = linear.outlierWeights.data() + i * linear.rows + n;
      y = Lanes::madd(Lanes::splat(outliers[i]), Lanes::load(weights), y);
    }
  }
  return y;
}

/// y = W a + b for some rows; store(row, n, four outputs) takes the results.
template <class Arithmetic, class Store>
void multiplyLinear(const PreparedLinear& linear,
                    const ActivationRows<typename Arithmetic::Activation>& in, size_t rows,
                    Store&& store) {
  const size_t panelBytes = kPanelRows * linear.columns;
  const size_t panels = linear.rows / kPanelRows;
  const size_t block = std::clamp<size_t>(kBlockBytes / panelBytes, 1, kMaxBlockPanels);
  int32_t sums[kMaxTileRows * kMaxBlockPanels * kPanelRows];
  for (size_t panel = 0; panel < panels; panel += block) {
    const size_t count = std::min(block, panels - panel);
    const size_t outputs = count * kPanelRows;
    forEachTile(rows, Arithmetic::kTileRows, [&](size_t first, size_t tileRows) {
      Arithmetic::multiply(in.values + first * linear.columns, tileRows, linear.columns,
                           linear.panels + panel * panelBytes, count, sums);
      for (size_t n = 0; n < outputs; n += 4) {
        for (size_t r = 0; r < tileRows; ++r) {
          const size_t row = first + r;
          store(row, panel * kPanelRows + n,
                outputsOf<Arithmetic>(linear, panel * kPanelRows + n, sums + r * outputs + n,
                                      in.factors[row], in.outliers + row * kMaxOutliers));
        }
      }
    });
  }
}

}  // namespace pagevec
