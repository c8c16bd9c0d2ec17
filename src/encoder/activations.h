#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "encoder/prepared.h"
#include "encoder/tile.h"

namespace pagevec {

/// Fixed-point scales of the Short scheme, and of what both schemes keep as int16. Powers of two a
/// good step above the largest values seen in all-MiniLM-L6-v2 (LayerNorm 30, query and key 13,
/// GELU 25); what is larger is clamped.
constexpr float kNormScale = 512;
constexpr float kContextScale = 1024;
constexpr float kQueryKeyScale = 256;
constexpr float kValueScale = 1024;
constexpr float kGeluScaleShort = 256;
constexpr float kGeluScaleByte = 512;

/// The largest int16 activation whose products with int8 weights cannot overflow an int32 sum.
inline float largestShort(size_t columns) {
  constexpr float kInt32 = 2147483647.0f;
  return std::min(32767.0f, kInt32 / 128 / static_cast<float>(columns) - 1);
}

/// A row's place in its tile.
template <class Cell>
struct TiledRow {
  Cell* cells;
  float* factors;
  size_t tileRows;

  /// Where the step that holds column k is. The next one is stepBytes() on.
  Cell* at(size_t k) const { return cells + k * tileRows; }
  size_t stepBytes() const { return tileRows * 4; }
  void setFactor(size_t i, float value) const { factors[i * tileRows] = value; }
};

/// Quantized rows in tiles, the left operand of a linear layer. A row depends on nothing but itself.
/// Factors are PreparedLinear's, in a tile the first of each row, then the second.
template <class Cell>
struct TiledRows {
  static constexpr size_t kStep = 4 / sizeof(Cell);

  Cell* cells;
  float* factors;

  Cell* cellsOf(RowTile tile, size_t columns) const { return cells + tile.first * columns; }
  float* factorsOf(RowTile tile) const { return factors + tile.first * kMaxFactors; }
  TiledRow<Cell> row(RowTile tile, size_t r, size_t columns) const {
    return {cellsOf(tile, columns) + r * kStep, factorsOf(tile) + r, tile.count};
  }
};

/// Their memory.
template <class Cell>
struct TiledRowsBuffer {
  std::vector<Cell> cells;
  std::vector<float> factors;

  TiledRows<Cell> rows(size_t count, size_t columns) {
    cells.resize(std::max(cells.size(), count * columns));
    factors.resize(std::max(factors.size(), count * kMaxFactors));
    return {cells.data(), factors.data()};
  }
};

/// Moves a row's outlier channels to the last factors: in the row they become 0, which every row
/// represents exactly. unit: what one step of T is.
template <class T>
void takeOutliers(const PreparedLinear& linear, T* row, float unit, const TiledRow<int8_t>& out) {
  for (size_t i = 0; i < linear.outliers.size(); ++i) {
    T& value = row[linear.outliers[i]];
    out.setFactor(3 + i, static_cast<float>(value) * unit);
    value = 0;
  }
}

/// Puts them back into a row of floats.
inline void restoreOutliers(const PreparedLinear& linear, float* row,
                            const TiledRow<int8_t>& from) {
  for (size_t i = 0; i < linear.outliers.size(); ++i) {
    row[linear.outliers[i]] = from.factors[(3 + i) * from.tileRows];
  }
}

inline void setByteFactors(const TiledRow<int8_t>& out, float scale, float zero, int32_t sum) {
  out.setFactor(0, scale);
  out.setFactor(1, -scale * static_cast<float>(sum));
  out.setFactor(2, -scale * zero);
}

inline void setShortFactors(const TiledRow<int16_t>& out, float fixedScale, int32_t sum) {
  out.setFactor(0, 1 / fixedScale);
  out.setFactor(1, -static_cast<float>(sum) / fixedScale);
}

/// Writes 16 columns from k on, held within int8, and adds them to sum.
template <class Lanes>
inline void storeBytes(typename Lanes::Shorts low, typename Lanes::Shorts high, size_t k,
                       const TiledRow<int8_t>& out, typename Lanes::Ints& sum) {
  const auto least = Lanes::splatShorts(-128);
  const auto most = Lanes::splatShorts(127);
  low = Lanes::minShorts(Lanes::maxShorts(low, least), most);
  high = Lanes::minShorts(Lanes::maxShorts(high, least), most);
  sum = Lanes::addInts(sum, Lanes::sumPairs(Lanes::addShorts(low, high)));
  Lanes::scatterWords(out.at(k), out.stepBytes(), Lanes::narrowShorts(low, high));
}

/// 8 bits from the row's least to its largest value, 0 among them. columns: a multiple of 16.
template <class Lanes>
void quantizeToBytes(const float* row, size_t columns, const TiledRow<int8_t>& out) {
  // Two at a time of each, so that a step need not wait for the one before.
  auto low0 = Lanes::splat(0), low1 = low0, high0 = low0, high1 = low0;
  for (size_t k = 0; k < columns; k += 8) {
    const auto values0 = Lanes::load(row + k);
    const auto values1 = Lanes::load(row + k + 4);
    low0 = Lanes::min(low0, values0);
    low1 = Lanes::min(low1, values1);
    high0 = Lanes::max(high0, values0);
    high1 = Lanes::max(high1, values1);
  }
  const float least = Lanes::smallest(Lanes::min(low0, low1));
  const float range = Lanes::largest(Lanes::max(high0, high1)) - least;
  const float step = range > 0 ? range / 255 : 1;
  const float zero =
      Lanes::sum(Lanes::toFloats(Lanes::round(Lanes::splat(-128 - least / step)))) / 4;
  const auto inverse = Lanes::splat(1 / step);
  const auto offset = Lanes::splat(zero);
  const auto quantized = [&](size_t k) {
    return Lanes::round(Lanes::madd(Lanes::load(row + k), inverse, offset));
  };
  typename Lanes::Ints sum{};
  for (size_t k = 0; k < columns; k += 16) {
    storeBytes<Lanes>(Lanes::narrow(quantized(k), quantized(k + 4)),
                      Lanes::narrow(quantized(k + 8), quantized(k + 12)), k, out, sum);
  }
  setByteFactors(out, step, zero, Lanes::sumInts(sum));
}

/// The same for a row of int16 in steps of unit, with integers alone.
template <class Lanes>
void quantizeToBytes(const int16_t* row, size_t columns, float unit, const TiledRow<int8_t>& out) {
  auto low = Lanes::splatShorts(0);
  auto high = Lanes::splatShorts(0);
  for (size_t k = 0; k < columns; k += 8) {
    const auto values = Lanes::loadShorts(row + k);
    low = Lanes::minShorts(low, values);
    high = Lanes::maxShorts(high, values);
  }
  const int32_t least = Lanes::smallestShort(low);
  const int32_t range = Lanes::largestShort(high) - least;
  // 2^15 of them are one of the new steps, at the finest the row's own.
  const int32_t fraction = range > 255 ? (255 << 15) / range : 32767;
  const int32_t zero = -128 - ((least * fraction + 0x4000) >> 15);
  const auto factor = Lanes::splatShorts(static_cast<int16_t>(fraction));
  const auto offset = Lanes::splatShorts(static_cast<int16_t>(zero));
  const auto quantized = [&](size_t k) {
    return Lanes::addShorts(Lanes::mulFractions(Lanes::loadShorts(row + k), factor), offset);
  };
  typename Lanes::Ints sum{};
  for (size_t k = 0; k < columns; k += 16) {
    storeBytes<Lanes>(quantized(k), quantized(k + 8), k, out, sum);
  }
  const float step = 32768.0f / static_cast<float>(fraction);
  setByteFactors(out, step * unit, static_cast<float>(zero), Lanes::sumInts(sum));
}

/// Fixed point: row * fixedScale, clamped. columns: a multiple of 8.
template <class Lanes>
void quantizeToShorts(const float* row, size_t columns, float fixedScale,
                      const TiledRow<int16_t>& out) {
  const auto scale = Lanes::splat(fixedScale);
  const auto limit = Lanes::splat(largestShort(columns));
  const auto minusLimit = Lanes::splat(-largestShort(columns));
  const auto quantized = [&](size_t k) {
    const auto values = Lanes::mul(Lanes::load(row + k), scale);
    return Lanes::round(Lanes::max(Lanes::min(values, limit), minusLimit));
  };
  typename Lanes::Ints sum{};
  for (size_t k = 0; k < columns; k += 8) {
    const auto values = Lanes::narrow(quantized(k), quantized(k + 4));
    sum = Lanes::addInts(sum, Lanes::sumPairs(values));
    Lanes::scatterWords(out.at(k), out.stepBytes(), values);
  }
  setShortFactors(out, fixedScale, Lanes::sumInts(sum));
}

}  // namespace pagevec
