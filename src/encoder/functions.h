#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "encoder/weights.h"

namespace pagevec {

/// scale times GELU, x Phi(x), which is within 1.5e-4 for every x: Phi(x) - 1/2 is odd, so it is
/// u P(u^2) with u = x held within 3.9. P is of degree 6, fitted so that it is exact at 3.9, hence x or 0
/// beyond. scale: a power of two, which changes no bit of P.
template <class Lanes>
inline auto gelu(typename Lanes::Floats x, float scale = 1) {
  const auto u = Lanes::max(Lanes::min(x, Lanes::splat(3.9f)), Lanes::splat(-3.9f));
  const auto t = Lanes::mul(u, u);
  auto p = Lanes::splat(2.64995408e-08f * scale);
  for (const float coefficient : {-1.78139231e-06f, 5.14382002e-05f, -0.000846302637f,
                                  0.00892165757f, -0.0648847865f, 0.398094866f}) {
    p = Lanes::madd(p, t, Lanes::splat(coefficient * scale));
  }
  return Lanes::mul(x, Lanes::madd(u, p, Lanes::splat(0.5f * scale)));
}

/// 2^x for x <= 0, within 8e-5 of itself; 2^-126 for less.
template <class Lanes>
inline auto exp2(typename Lanes::Floats x) {
  const auto z = Lanes::max(x, Lanes::splat(-126));
  const auto whole = Lanes::roundBits(z);
  const auto f = Lanes::sub(z, Lanes::unroundBits(whole));
  // The cubic with the least relative error for |f| <= 1/2.
  auto p = Lanes::madd(f, Lanes::splat(0.0551716685f), Lanes::splat(0.242611125f));
  p = Lanes::madd(p, f, Lanes::splat(0.693260968f));
  p = Lanes::madd(p, f, Lanes::splat(0.999928057f));
  return Lanes::scaleByPowerOfTwo(p, whole);
}

/// step(k, partial) for each k = 0, 4, 8, ..., partial being one of four that start with `start` and
/// take turns, so that a step need not wait for the one before. columns: a multiple of 16.
template <class Lanes, class Step>
inline std::array<typename Lanes::Floats, 4> foldInFour(size_t columns,
                                                        typename Lanes::Floats start, Step&& step) {
  std::array<typename Lanes::Floats, 4> partial = {start, start, start, start};
  for (size_t k = 0; k < columns; k += 16) {
    for (size_t i = 0; i < 4; ++i) partial[i] = step(k + 4 * i, partial[i]);
  }
  return partial;
}

/// row = (row - mean) / sqrt(variance + epsilon) * gain + bias (Ba et al. 2016).
template <class Lanes>
void layerNorm(float* row, size_t columns, float epsilon, const LayerNormWeights& weights) {
  const auto average = [&](auto&& step) {
    const auto sums = foldInFour<Lanes>(columns, Lanes::splat(0), step);
    const auto sum = Lanes::add(Lanes::add(sums[0], sums[1]), Lanes::add(sums[2], sums[3]));
    return Lanes::sum(sum) / static_cast<float>(columns);
  };
  const auto mean = Lanes::splat(
      average([&](size_t k, auto sum) { return Lanes::add(sum, Lanes::load(row + k)); }));
  const float variance = average([&](size_t k, auto sum) {
    const auto centred = Lanes::sub(Lanes::load(row + k), mean);
    return Lanes::madd(centred, centred, sum);
  });
  const auto inverse = Lanes::splat(1 / std::sqrt(variance + epsilon));
  for (size_t k = 0; k < columns; k += 4) {
    const auto centred = Lanes::sub(Lanes::load(row + k), mean);
    const auto gain = Lanes::mul(inverse, Lanes::load(weights.gain + k));
    Lanes::store(row + k, Lanes::madd(centred, gain, Lanes::load(weights.bias + k)));
  }
}

}  // namespace pagevec
