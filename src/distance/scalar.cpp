#include "distance/kernels.h"

namespace pagevec::scalar {
namespace {

// Sixteen partial sums keep the rounding error of 2,048 terms under 1e-5, and they are added up as
// simd128.cpp adds its four vectors of four, so that both give the same bits.
constexpr size_t kLanes = 16;

template <class Term>
inline float sum(const float* a, const float* b, size_t n, Term term) {
  float lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(a[i + lane], b[i + lane]);
  }
  for (size_t lane = 0; i < n; ++i, ++lane) lanes[lane] += term(a[i], b[i]);
  float quarter[4];
  for (size_t lane = 0; lane < 4; ++lane) {
    quarter[lane] = (lanes[lane] + lanes[lane + 4]) + (lanes[lane + 8] + lanes[lane + 12]);
  }
  return (quarter[0] + quarter[1]) + (quarter[2] + quarter[3]);
}

}  // namespace

float squaredL2(const float* a, const float* b, size_t n) {
  return sum(a, b, n, [](float x, float y) { return (x - y) * (x - y); });
}

float dot(const float* a, const float* b, size_t n) {
  return sum(a, b, n, [](float x, float y) { return x * y; });
}

}  // namespace pagevec::scalar
