#include "distance/distance.h"

#include <cmath>
#include <limits>

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

float cosineDistanceInDouble(const float* a, const float* b, size_t n) {
  const double squaredNorms = dotInDouble(a, a, n) * dotInDouble(b, b, n);
  if (squaredNorms == 0) return 1;
  return static_cast<float>(1 - dotInDouble(a, b, n) / std::sqrt(squaredNorms));
}

}  // namespace

std::span<const Kernels> availableKernels() { return kKernels; }

const Kernels& activeKernels() { return availableKernels().back(); }

float inverseNorm(const float* values, size_t n) {
  const double squaredNorm = dotInDouble(values, values, n);
  return squaredNorm == 0 ? 0 : static_cast<float>(1 / std::sqrt(squaredNorm));
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
