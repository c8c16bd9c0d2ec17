#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace pagevec {

struct InputStatistics;

/// The 256 cells of one row of weights. A value is its cell's middle.
struct RowGrid {
  float scale;
  float zero;

  /// The cell that w lies in, or the nearest.
  uint8_t cell(float w) const {
    return static_cast<uint8_t>(std::clamp(std::floor(w / scale + zero), 0.0f, 255.0f));
  }
  float value(uint8_t q) const { return scale * (static_cast<float>(q) + 0.5f - zero); }
  /// The middle of the two cells 2 q and 2 q + 1.
  float upperValue(uint8_t q) const { return scale * (2 * static_cast<float>(q) + 1 - zero); }
};

/// Rounds rows of weights to cells so that their products with typical inputs stay the same.
class RowRounder {
 public:
  /// outliers: channels that are used with all eight bits, whichever scheme runs.
  RowRounder(const InputStatistics& statistics, std::span<const uint32_t> outliers);

  void round(std::span<const float> row, const RowGrid& grid, uint8_t* cells) const;

 private:
  void orderColumns(const InputStatistics& statistics, std::span<const uint32_t> outliers);
  void factorize(const InputStatistics& statistics);

  /// Visits the columns in order; choose(column, weight) gives the value it is rounded to, and what
  /// that leaves is spread over the columns to come.
  template <class Choose>
  void spread(std::span<const float> row, Choose&& choose) const;

  std::vector<uint32_t> order_;  // columns, those first that matter most
  size_t outliers_ = 0;          // how many of order_ are outliers
  std::vector<double> inverse_;  // U of H^-1 = U^T U, row by row, in order_
};

}  // namespace pagevec
