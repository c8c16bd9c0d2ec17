#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "encoder/convert/float_model.h"

namespace pagevec {

// Functions of the float pass: of no library and of no kernel, whose changes would change the files
// that conversions make. Loops over them become vectors.

/// GELU, x Phi(x), within 1.5e-4: Phi(x) - 1/2 is odd, so it is u P(u^2) with u = x held within 3.9.
inline float approximateGelu(float x) {
  const float u = std::max(-3.9f, std::min(3.9f, x));
  const float t = u * u;
  float p = t * 2.64995408e-08f + -1.78139231e-06f;
  p = p * t + 5.14382002e-05f;
  p = p * t + -0.000846302637f;
  p = p * t + 0.00892165757f;
  p = p * t + -0.0648847865f;
  p = p * t + 0.398094866f;
  return x * (u * p + 0.5f);
}

/// 2^x for x <= 0, within 3e-6 of itself; 2^-126 for less.
inline float approximateExp2(float x) {
  constexpr float kRounding = 12582912.0f;  // 1.5 * 2^23: its sum with x has x's integer lowest
  const float z = std::max(x, -126.0f);
  const uint32_t whole =
      std::bit_cast<uint32_t>(z + kRounding) - std::bit_cast<uint32_t>(kRounding);
  const float f = z - static_cast<float>(static_cast<int32_t>(whole));
  // The series of 2^f to the fifth power; |f| <= 1/2.
  float p = f * 0.00133335581f + 0.00961812911f;
  p = p * f + 0.0555041087f;
  p = p * f + 0.240226507f;
  p = p * f + 0.693147181f;
  p = p * f + 1;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(p) + (whole << 23));
}

/// The sum of term(k) for k < count, a multiple of four, in four sums that take turns.
template <class Term>
float sumInFour(size_t count, Term&& term) {
  float sums[4] = {};
  for (size_t k = 0; k < count; k += 4) {
    for (size_t i = 0; i < 4; ++i) sums[i] += term(k + i);
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/// row = (row - mean) / sqrt(variance + epsilon) * gain + bias (Ba et al. 2016).
inline void normalizeRow(float* row, float epsilon, const FloatNorm& norm) {
  const size_t hidden = norm.gain.size();
  const float columns = static_cast<float>(hidden);
  const float mean = sumInFour(hidden, [&](size_t k) { return row[k]; }) / columns;
  const float variance =
      sumInFour(hidden, [&](size_t k) { return (row[k] - mean) * (row[k] - mean); }) / columns;
  const float inverse = 1 / std::sqrt(variance + epsilon);
  for (size_t k = 0; k < hidden; ++k) {
    row[k] = (row[k] - mean) * (inverse * norm.gain[k]) + norm.bias[k];
  }
}

}  // namespace pagevec
