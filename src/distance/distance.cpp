#include "distance/distance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "distance/kernels.h"

namespace pagevec {
namespace {

constexpr Kernels kKernels[] = {
    {"scalar", scalar::squaredL2, scalar::dot},
#ifdef __wasm_simd128__
    {"simd128", simd128::squaredL2, simd128::dot},
#endif
#ifdef __wasm_relaxed_simd__
    {"relaxed", relaxed::squaredL2, relaxed::dot},
#endif
};

double dotInDouble(const float* a, const float* b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

// Eight sums at once: one would wait for each addition to finish before the next can start.
double squaredNorm(const float* values, size_t n) {
  constexpr size_t kLanes = 8;
  double sums[kLanes] = {};
  const auto add = [&](size_t lane, double value) { sums[lane] += value * value; };
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) add(lane, values[i + lane]);
  }
  for (; i < n; ++i) add(0, values[i]);
  return std::accumulate(sums, sums + kLanes, 0.0);
}

float cosineDistanceInDouble(const float* a, const float* b, size_t n) {
  const double squaredNorms = dotInDouble(a, a, n) * dotInDouble(b, b, n);
  if (squaredNorms == 0) return 1;
  return static_cast<float>(1 - dotInDouble(a, b, n) / std::sqrt(squaredNorms));
}

}  // namespace

std::span<const Kernels> availableKernels() { return kKernels; }

const Kernels& activeKernels() { return availableKernels().back(); }

float inverseNorm(const float* values, size_t n) {
  const double norm = std::sqrt(squaredNorm(values, n));
  return norm == 0 ? 0 : static_cast<float>(1 / norm);
}

void normalize(std::span<float> values) {
  const double norm = std::sqrt(squaredNorm(values.data(), values.size()));
  if (norm == 0) return;
  for (float& value : values) value = static_cast<float>(value / norm);
}

// Eight maxima at once: one would wait for each comparison to finish before the next can start.
float largestMagnitude(const float* values, size_t n) {
  constexpr size_t kLanes = 8;
  float peaks[kLanes] = {};
  const auto raise = [&](size_t lane, float value) {
    const float magnitude = std::fabs(value);
    peaks[lane] = peaks[lane] < magnitude ? magnitude : peaks[lane];
  };
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) raise(lane, values[i + lane]);
  }
  for (; i < n; ++i) raise(0, values[i]);
  return *std::max_element(peaks, peaks + kLanes);
}

float ipDistance(const float* a, const float* b, size_t n, const Kernels& kernels) {
  const float result = 1 - kernels.dot(a, b, n);
  return std::isnan(result) ? std::numeric_limits<float>::infinity() : result;
}

float cosineDistance(const float* a, float inverseNormA, const float* b, float inverseNormB,
                     size_t n, const Kernels& kernels) {
  if (inverseNormA == 0 || inverseNormB == 0) return 1;
  const float product = kernels.dot(a, b, n);
  if (std::isnormal(product) && std::isnormal(inverseNormA) && std::isnormal(inverseNormB)) {
    return 1 - product * inverseNormA * inverseNormB;
  }
  return cosineDistanceInDouble(a, b, n);
}

float distance(Space space, const float* a, const float* b, size_t n, const Kernels& kernels) {
  switch (space) {
    case Space::Ip: return ipDistance(a, b, n, kernels);
    case Space::Cosine:
      return cosineDistance(a, inverseNorm(a, n), b, inverseNorm(b, n), n, kernels);
    case Space::L2: break;
  }
  return kernels.squaredL2(a, b, n);
}

}  // namespace pagevec
