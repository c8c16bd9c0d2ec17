#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "encoder/prepared.h"

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

/// What a row's integers stand for: a = scale * (q - zero). The terms of PreparedLinear.
struct RowFactors {
  float scale;
  float minusZero;  ///< -scale * zero
  float minusSum;   ///< -scale * sum of q
};

/// Quantized rows, the left operand of a linear layer. Each row depends on nothing but itself.
template <class Activation>
struct ActivationRows {
  Activation* values;   ///< rows x columns
  RowFactors* factors;  ///< one a row
  float* outliers;      ///< kMaxOutliers a row
};

/// Moves a row's outlier channels out of the row: they become 0, which every row represents exactly.
template <class T>
void takeOutliers(const PreparedLinear& linear, T* row, float unit, float* outliers) {
  for (size_t i = 0; i < linear.outliers.size(); ++i) {
    T& value = row[linear.outliers[i]];
    outliers[i] = static_cast<float>(value) * unit;
    value = 0;
  }
}

/// Puts them back into a row of floats.
inline void restoreOutliers(const PreparedLinear& linear, float* row, const float* outliers) {
  for (size_t i = 0; i < linear.outliers.size(); ++i) row[linear.outliers[i]] = outliers[i];
}

/// 8 bits from the row's least to its largest value, 0 among them. unit: what one step of T is.
template <class Lanes, class T>
RowFactors quantizeToBytes(const T* row, size_t columns, float unit, int8_t* out) {
  auto low = Lanes::splat(0);
  auto high = Lanes::splat(0);
  for (size_t k = 0; k < columns; k += 4) {
    const auto values = Lanes::load(row + k);
    low = Lanes::min(low, values);
    high = Lanes::max(high, values);
  }
  const float least = Lanes::smallest(low);
  const float range = Lanes::largest(high) - least;
  const float step = range > 0 ? range / 255 : 1;
  const auto inverse = Lanes::splat(1 / step);
  const float zero =
      Lanes::sum(Lanes::toFloats(Lanes::round(Lanes::splat(-128 - least / step)))) / 4;
  const auto offset = Lanes::splat(zero);
  auto sum = Lanes::splat(0);
  for (size_t k = 0; k < columns; k += 4) {
    auto values = Lanes::add(Lanes::mul(Lanes::load(row + k), inverse), offset);
    values = Lanes::max(Lanes::min(values, Lanes::splat(127)), Lanes::splat(-128));
    const auto integers = Lanes::round(values);
    sum = Lanes::add(sum, Lanes::toFloats(integers));
    Lanes::store(out + k, integers);
  }
  const float scale = step * unit;
  return {scale, -scale * zero, -scale * Lanes::sum(sum)};
}

/// Fixed point: row * fixedScale, clamped.
template <class Lanes>
RowFactors quantizeToShorts(const float* row, size_t columns, float fixedScale, int16_t* out) {
  const auto limit = Lanes::splat(largestShort(columns));
  const auto minusLimit = Lanes::splat(-largestShort(columns));
  auto sum = Lanes::splat(0);
  for (size_t k = 0; k < columns; k += 4) {
    const auto values = Lanes::mul(Lanes::load(row + k), Lanes::splat(fixedScale));
    const auto integers = Lanes::round(Lanes::max(Lanes::min(values, limit), minusLimit));
    sum = Lanes::add(sum, Lanes::toFloats(integers));
    Lanes::store(out + k, integers);
  }
  return {1 / fixedScale, 0, -Lanes::sum(sum) / fixedScale};
}

/// The factors of a row that is in fixed point already.
template <class Lanes>
RowFactors factorsOfShorts(const int16_t* row, size_t columns, float fixedScale) {
  auto sum = Lanes::splat(0);
  for (size_t k = 0; k < columns; k += 4) sum = Lanes::add(sum, Lanes::load(row + k));
  return {1 / fixedScale, 0, -Lanes::sum(sum) / fixedScale};
}

}  // namespace pagevec
