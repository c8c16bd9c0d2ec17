#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace pagevec {

/// The 256 cells of one row of weights. A value is its cell's middle.
struct RowGrid {
  float scale;
  float zero;

  /// Where w lies among the cells' values: 0 is the first, 255 the last.
  float place(float w) const { return w / scale + zero - 0.5f; }
  /// The cell that w lies in, or the nearest.
  uint8_t cell(float w) const {
    return static_cast<uint8_t>(std::max(0.0f, std::min(255.0f, std::floor(w / scale + zero))));
  }
  float value(uint8_t q) const { return scale * (static_cast<float>(q) + 0.5f - zero); }
  /// The middle of the two cells that share their upper seven bits with q.
  float upperValue(uint8_t q) const { return scale * (static_cast<float>(q | 1) - zero); }
};

/// Cells for a row: of all of its range, or of a share of it when the weights are nearer to their
/// upper cells then.
RowGrid chooseGrid(std::span<const float> row);

}  // namespace pagevec
