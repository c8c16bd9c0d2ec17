#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "encoder/weights.h"

// For what takes a tile's sums: they stay in registers only if it is inlined into the tile, which
// optimizers think too large for it.
#define PAGEVEC_INLINE __attribute__((always_inline))

namespace pagevec {

/// The same pointer, which no optimizer (V8's neither) knows to be the same: what lies there is loaded
/// again rather than held in registers that are needed for sums.
template <class T>
const T* again(const T* p) {
  const T* volatile hidden = p;
  return hidden;
}

/// Rows that are multiplied together. Their activations lie side by side, step by step: step k of
/// each row, then step k + 1 (a step is Dot::kStep activations, 4 bytes). So a kernel reads them
/// from one pointer, whatever the number of columns.
struct RowTile {
  size_t first;
  size_t count;
};

/// Calls use(RowTile) so that the rows are dealt evenly: 7 rows are 4 + 3 rather than 6 + 1, since a
/// tile of one row waits for its own sums.
template <class Use>
void forEachTile(size_t rows, size_t maxRows, Use&& use) {
  const size_t tiles = (rows + maxRows - 1) / maxRows;
  RowTile tile{0, 0};
  for (size_t i = 0; i < tiles; ++i) {
    tile.count = rows / tiles + (i < rows % tiles ? 1 : 0);
    use(tile);
    tile.first += tile.count;
  }
}

/// Whether tiles of so many rows take two panels at once.
template <class Dot>
constexpr bool takesTwoPanels(size_t rows) {
  if constexpr (requires { Dot::kWideRows; }) return rows <= Dot::kWideRows;
  return false;
}

/// forEachTile with tiles as Dot likes them. Where small ones take two panels, they are as fast a row
/// as full ones, so all but the last are full; but a row alone is not: 7 rows are 4 + 3.
template <class Dot, class Use>
void forEachTileOf(size_t rows, Use&& use) {
  constexpr size_t kMost = Dot::kTileRows;
  if constexpr (!takesTwoPanels<Dot>(1)) return forEachTile(rows, kMost, use);
  RowTile tile{0, 0};
  while (tile.first < rows) {
    const size_t left = rows - tile.first;
    tile.count = left == kMost + 1 ? (left + 1) / 2 : std::min(left, kMost);
    use(tile);
    tile.first += tile.count;
  }
}

/// Adds the products of a step of each row with a step of a panel.
template <class Dot, size_t kRows, class Weight>
PAGEVEC_INLINE inline void addStep(const typename Dot::Cell* inputs, const Weight* panel,
                                   typename Dot::Sums (&sums)[kRows][2]) {
  const auto weights = Dot::weights(panel);
  for (size_t r = 0; r < kRows; ++r) {
    const auto input = Dot::inputs(inputs + r * Dot::kStep);
    sums[r][0] = Dot::add(sums[r][0], input, weights, 0);
    sums[r][1] = Dot::add(sums[r][1], input, weights, 1);
  }
}

/// One tile against some panels; sink.take(panel, sums) gets kRows x 2 times four sums.
template <class Dot, size_t kRows, class Weight, class Sink>
void multiplyTile(const typename Dot::Cell* a, size_t columns, const Weight* panels,
                  size_t panelCount, const Sink& sink) {
  for (size_t panel = 0; panel < panelCount; ++panel) {
    typename Dot::Sums sums[kRows][2] = {};
    const typename Dot::Cell* inputs = a;
    for (size_t k = 0; k < columns; k += Dot::kStep) {
      addStep<Dot>(inputs, panels, sums);
      inputs += kRows * Dot::kStep;
      panels += kPanelRows * Dot::kStep;
    }
    sink.take(panel, sums);
  }
}

/// The same with two panels at a time, of an even number: a few rows' sums for one would wait for each
/// other.
template <class Dot, size_t kRows, class Weight, class Sink>
void multiplySmallTile(const typename Dot::Cell* a, size_t columns, const Weight* panels,
                       size_t panelCount, const Sink& sink) {
  const typename Dot::Cell* aAgain = again(a);
  for (size_t panel = 0; panel < panelCount; panel += 2) {
    typename Dot::Sums first[kRows][2] = {};
    typename Dot::Sums second[kRows][2] = {};
    const Weight* next = panels + kPanelRows * columns;
    const typename Dot::Cell* inputs = a;
    const typename Dot::Cell* inputsAgain = aAgain;
    for (size_t k = 0; k < columns; k += Dot::kStep) {
      addStep<Dot>(inputs, panels, first);
      addStep<Dot>(inputsAgain, next, second);
      inputs += kRows * Dot::kStep;
      inputsAgain += kRows * Dot::kStep;
      panels += kPanelRows * Dot::kStep;
      next += kPanelRows * Dot::kStep;
    }
    panels = next;
    sink.take(panel, first);
    sink.take(panel + 1, second);
  }
}

template <class Dot, size_t kRows, class Weight, class Sink>
constexpr auto tileOf() {
  if constexpr (takesTwoPanels<Dot>(kRows)) {
    return &multiplySmallTile<Dot, kRows, Weight, Sink>;
  } else {
    return &multiplyTile<Dot, kRows, Weight, Sink>;
  }
}

/// What multiplies 1 to Dot::kTileRows rows.
template <class Dot, class Weight, class Sink>
constexpr auto tilesOf() {
  return []<size_t... kIndex>(std::index_sequence<kIndex...>) {
    return std::array{tileOf<Dot, kIndex + 1, Weight, Sink>()...};
  }(std::make_index_sequence<Dot::kTileRows>());
}

/// The same for a number of rows up to Dot::kTileRows that is known at run time; byTwin: by Dot::Twin
/// where there is one. By pointers, so that no optimizer inlines the tiles: V8 allocates registers well
/// in small functions alone.
template <class Dot, class Weight, class Sink>
void multiplyRows(size_t rows, const typename Dot::Cell* a, size_t columns, const Weight* panels,
                  size_t panelCount, const Sink& sink, bool byTwin = false) {
  constexpr auto kTiles = tilesOf<Dot, Weight, Sink>();
  auto multiply = kTiles[rows - 1];
  if constexpr (requires { typename Dot::Twin; }) {
    constexpr auto kTwins = tilesOf<typename Dot::Twin, Weight, Sink>();
    if (byTwin) multiply = kTwins[rows - 1];
  }
  multiply(a, columns, panels, panelCount, sink);
}

}  // namespace pagevec
