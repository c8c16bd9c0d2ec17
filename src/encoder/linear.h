#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "encoder/activations.h"
#include "encoder/prepared.h"
#include "encoder/tile.h"

namespace pagevec {

/// Bytes of weights that stay in the first-level cache while all rows pass over them.
constexpr size_t kBlockBytes = 24 * 1024;

/// Turns a tile's sums into outputs, PreparedLinear's formula, and hands them to
/// store(tile, row of the tile, first output, its four, the next four).
template <class Lanes, class Store>
struct OutputSink {
  const float* terms;  ///< of the panels from the first on
  size_t factorCount;
  size_t firstPanel;
  RowTile tile;
  const float* factors;  ///< the tile's
  Store store;

  template <class Sums, size_t kRows>
  PAGEVEC_INLINE void take(size_t panel, Sums (&sums)[kRows][2]) const {
    // A copy: this sink would be read anew behind every store.
    OutputSink(*this).takeFrom(terms + panel * (factorCount + 1) * kPanelRows,
                               (firstPanel + panel) * kPanelRows, sums);
  }

 private:
  /// panelTerms: the panel's. n: its first output.
  template <class Sums, size_t kRows>
  PAGEVEC_INLINE void takeFrom(const float* panelTerms, size_t n, Sums (&sums)[kRows][2]) const {
    // Term after term for all rows, so that a term's weights are loaded once.
    const float* rowFactors = factors;
    typename Lanes::Floats y[kRows][2];
    for (size_t half = 0; half < 2; ++half) {
      const auto scale = Lanes::load(panelTerms + 4 * half);
      for (size_t r = 0; r < kRows; ++r) {
        y[r][half] = Lanes::mul(Lanes::toFloats(sums[r][half]), scale);
      }
    }
    panelTerms += kPanelRows;
    addBias(panelTerms, rowFactors, y);
    for (size_t i = 1; i < factorCount; ++i) {
      panelTerms += kPanelRows;
      rowFactors += kRows;
      addTerm(panelTerms, rowFactors, y);
    }
    for (size_t r = 0; r < kRows; ++r) store(tile, r, n, y[r][0], y[r][1]);
  }

  template <class Floats, size_t kRows>
  PAGEVEC_INLINE static void addBias(const float* bias, const float* scales,
                                     Floats (&y)[kRows][2]) {
    const Floats weights[2] = {Lanes::load(bias), Lanes::load(bias + 4)};
    for (size_t r = 0; r < kRows; ++r) {
      const auto scale = Lanes::splat(scales[r]);
      y[r][0] = Lanes::madd(y[r][0], scale, weights[0]);
      y[r][1] = Lanes::madd(y[r][1], scale, weights[1]);
    }
  }
  template <class Floats, size_t kRows>
  PAGEVEC_INLINE static void addTerm(const float* term, const float* rowFactors,
                                     Floats (&y)[kRows][2]) {
    const Floats weights[2] = {Lanes::load(term), Lanes::load(term + 4)};
    for (size_t r = 0; r < kRows; ++r) {
      const auto factor = Lanes::splat(rowFactors[r]);
      y[r][0] = Lanes::madd(factor, weights[0], y[r][0]);
      y[r][1] = Lanes::madd(factor, weights[1], y[r][1]);
    }
  }
};

/// Multiplies rows with weights.
template <class Arithmetic>
class LinearMultiplier {
  using Lanes = typename Arithmetic::Lanes;
  using Dot = typename Arithmetic::Dot;
  using Weight = typename Dot::Weight;
  static constexpr bool kCanWiden = requires { Dot::kWidenedRows; };

 public:
  /// byTwin: multiplies by Dot::Twin, which has the same sums, where there is one.
  explicit LinearMultiplier(bool byTwin) : byTwin_(byTwin) {}

  /// y = W a + b for rows from in on; store(tile, row of the tile, n, four outputs, four outputs)
  /// takes the results.
  template <class Store>
  void run(const PreparedLinear& linear, const TiledRows<typename Dot::Cell>& in, size_t rows,
           Store&& store) {
    const auto* panels = reinterpret_cast<const Weight*>(linear.panels);
    const size_t panelCells = kPanelRows * linear.columns;
    const size_t panelCount = linear.rows / kPanelRows;
    // In pairs, for small tiles; outputs are a multiple of 16 (config.cpp).
    const size_t block = 2 * std::max<size_t>(kBlockBytes / panelCells / 2, 1);
    for (size_t panel = 0; panel < panelCount; panel += block) {
      const size_t count = std::min(block, panelCount - panel);
      const Weight* weights = panels + panel * panelCells;
      if constexpr (kCanWiden) {
        if (rows >= Dot::kWidenedRows) {
          widened_.resize(std::max(widened_.size(), block * panelCells));
          Dot::widen(weights, count * panelCells, widened_.data());
          runBlock(linear, panel, count, widened_.data(), in, rows, store);
          continue;
        }
      }
      runBlock(linear, panel, count, weights, in, rows, store);
    }
  }

 private:
  template <class Stored, class Store>
  void runBlock(const PreparedLinear& linear, size_t panel, size_t count, const Stored* weights,
                const TiledRows<typename Dot::Cell>& in, size_t rows, const Store& store) {
    forEachTileOf<Dot>(rows, [&](RowTile tile) {
      const OutputSink<Lanes, Store> sink{linear.terms.data() + panel * linear.panelTerms(),
                                          linear.factors,
                                          panel,
                                          tile,
                                          in.factorsOf(tile),
                                          store};
      multiplyRows<Dot>(tile.count, in.cellsOf(tile, linear.columns), linear.columns, weights,
                        count, sink, byTwin_);
    });
  }

  bool byTwin_;
  std::vector<int16_t> widened_;
};

}  // namespace pagevec
