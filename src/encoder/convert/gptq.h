#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "encoder/convert/float_model.h"
#include "encoder/convert/grid.h"
#include "encoder/convert/statistics.h"

namespace pagevec {

/// Rounds a layer's weights to cells so that W x changes little for inputs x of the covariance that
/// calibration saw, with all eight bits of the cells as well as with the upper seven (GPTQ: Frantar
/// et al. 2022; here as back substitution, which gives the same without an inverse: Chen et al.
/// 2025, "The geometry of LLM quantization").
class LayerRounder {
 public:
  /// outliers: channels that are used with all eight bits, whichever kernel runs.
  LayerRounder(const InputStatistics& statistics, std::span<const uint32_t> outliers);

  /// grids: one a row. The result is rows x columns.
  std::vector<uint8_t> round(const FloatLinear& linear, std::span<const RowGrid> grids) const;

 private:
  struct Pass;

  void orderColumns(std::span<const double> covariance, std::span<const uint32_t> outliers);
  void factorize(std::span<const double> covariance);
  void roundBlock(Pass& pass, size_t first, size_t end) const;

  size_t columns_;
  std::vector<uint32_t> order_;  // columns; rounded from the last on, which matter most
  size_t firstOutlier_ = 0;      // in order_
  std::vector<float> factor_;    // L of the ordered covariance L L^T, each column over its diagonal
};

}  // namespace pagevec
