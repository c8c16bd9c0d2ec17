#pragma once

#include <cmath>
#include <cstddef>

#include "encoder/weights.h"

namespace pagevec {

/// GELU, x Phi(x), within 1.5e-4 for every x: Phi(x) - 1/2 is odd, so it is u P(u^2) with u = x held
/// within 3.9. P is of degree 6, fitted so that it is exact at 3.9, hence x or 0 beyond.
template <class Lanes>
inline auto gelu(typename Lanes::Floats x) {
  const auto u = Lanes::max(Lanes::min(x, Lanes::splat(3.9f)), Lanes::splat(-3.9f));
  const auto t = Lanes::mul(u, u);
  auto p = Lanes::madd(t, Lanes::splat(2.64995408e-08f), Lanes::splat(-1.78139231e-06f));
  p = Lanes::madd(p, t, Lanes::splat(5.14382002e-05f));
  p = Lanes::madd(p, t, Lanes::splat(-0.000846302637f));
  p = Lanes::madd(p, t, Lanes::splat(0.00892165757f));
  p = Lanes::madd(p, t, Lanes::splat(-0.0648847865f));
  p = Lanes::madd(p, t, Lanes::splat(0.398094866f));
  return Lanes::mul(x, Lanes::madd(u, p, Lanes::splat(0.5f)));
}

/// 2^x for x <= 0, within 3e-6 of itself; 2^-126 for less.
template <class Lanes>
inline auto exp2(typename Lanes::Floats x) {
  const auto z = Lanes::max(x, Lanes::splat(-126));
  const auto whole = Lanes::round(z);
  const auto f = Lanes::sub(z, Lanes::toFloats(whole));
  // The series of 2^f to the fifth power; |f| <= 1/2.
  auto p = Lanes::madd(f, Lanes::splat(0.00133335581f), Lanes::splat(0.00961812911f));
  p = Lanes::madd(p, f, Lanes::splat(0.0555041087f));
  p = Lanes::madd(p, f, Lanes::splat(0.240226507f));
  p = Lanes::madd(p, f, Lanes::splat(0.693147181f));
  p = Lanes::madd(p, f, Lanes::splat(1));
  return Lanes::scaleByPowerOfTwo(p, whole);
}

/// row = (row - mean) / sqrt(variance + epsilon) * gain + bias (Ba et al. 2016).
template <class Lanes>
void layerNorm(float* row, size_t columns, float epsilon, const LayerNormWeights& weights) {
  auto sum = Lanes::splat(0);
  for (size_t k = 0; k < columns; k += 4) sum = Lanes::add(sum, Lanes::load(row + k));
  const auto mean = Lanes::splat(Lanes::sum(sum) / static_cast<float>(columns));
  auto squares = Lanes::splat(0);
  for (size_t k = 0; k < columns; k += 4) {
    const auto centred = Lanes::sub(Lanes::load(row + k), mean);
    squares = Lanes::madd(centred, centred, squares);
  }
  const float variance = Lanes::sum(squares) / static_cast<float>(columns);
  const auto inverse = Lanes::splat(1 / std::sqrt(variance + epsilon));
  for (size_t k = 0; k < columns; k += 4) {
    const auto centred = Lanes::sub(Lanes::load(row + k), mean);
    const auto gain = Lanes::mul(inverse, Lanes::load(weights.gain + k));
    Lanes::store(row + k, Lanes::madd(centred, gain, Lanes::load(weights.bias + k)));
  }
}

}  // namespace pagevec
