#include "distance/distance.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "distance/vector_limits.h"

namespace pagevec {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Pair {
  std::vector<float> a, b;
};

Pair randomPair(std::mt19937& random, size_t n, float magnitude) {
  std::normal_distribution<float> normal;
  Pair pair;
  for (size_t i = 0; i < n; ++i) {
    pair.a.push_back(normal(random) * magnitude);
    pair.b.push_back(normal(random) * magnitude);
  }
  return pair;
}

/// The sum in double and the sum of the terms' sizes, which rounding errors are relative to.
struct Reference {
  double value = 0;
  double scale = 0;
};

Reference reference(bool isDot, const float* a, const float* b, size_t n) {
  Reference result;
  for (size_t i = 0; i < n; ++i) {
    const double difference = double{a[i]} - double{b[i]};
    const double term = isDot ? double{a[i]} * double{b[i]} : difference * difference;
    result.value += term;
    result.scale += std::abs(term);
  }
  return result;
}

void expectNear(const Kernels& kernels, const float* a, const float* b, size_t n,
                const std::string& where) {
  // Below the normal range each term is rounded to a multiple of the least subnormal.
  const double underflow = static_cast<double>(n + 1) * FLT_TRUE_MIN;
  const Reference dot = reference(true, a, b, n);
  EXPECT_NEAR(kernels.dot(a, b, n), dot.value, 1e-5 * dot.scale + underflow)
      << kernels.name << " dot " << where;
  const Reference l2 = reference(false, a, b, n);
  EXPECT_NEAR(kernels.squaredL2(a, b, n), l2.value, 1e-5 * l2.scale + underflow)
      << kernels.name << " squaredL2 " << where;
}

TEST(Kernels, ScalarIsFirstAndTheActiveOneIsLast) {
  ASSERT_FALSE(availableKernels().empty());
  EXPECT_STREQ(availableKernels().front().name, "scalar");
  EXPECT_STREQ(availableKernels().back().name, activeKernels().name);
#ifdef __wasm_relaxed_simd__
  EXPECT_STREQ(activeKernels().name, "relaxed");
#elif defined(__wasm_simd128__)
  EXPECT_STREQ(activeKernels().name, "simd128");
#else
  EXPECT_STREQ(activeKernels().name, "scalar");
#endif
}

TEST(Kernels, NoElementsGiveZero) {
  for (const Kernels& kernels : availableKernels()) {
    EXPECT_EQ(kernels.dot(nullptr, nullptr, 0), 0.0f) << kernels.name;
    EXPECT_EQ(kernels.squaredL2(nullptr, nullptr, 0), 0.0f) << kernels.name;
  }
}

TEST(Kernels, AgreeWithDoubleForEveryLengthUpTo80AndRandomLongerOnes) {
  std::mt19937 random(1);
  std::vector<size_t> lengths;
  for (size_t n = 0; n <= 80; ++n) lengths.push_back(n);
  for (int i = 0; i < 300; ++i) lengths.push_back(random() % 2049);
  lengths.push_back(2048);
  for (const size_t n : lengths) {
    const Pair pair = randomPair(random, n, 1);
    for (const Kernels& kernels : availableKernels()) {
      expectNear(kernels, pair.a.data(), pair.b.data(), n, "n " + std::to_string(n));
    }
  }
}

// Each vector lies at the very end of its allocation, so that ASan sees a read past the end.
TEST(Kernels, AgreeAtEveryMisalignmentAndReadNothingOutside) {
  std::mt19937 random(2);
  for (size_t n = 0; n <= 67; ++n) {
    for (size_t shiftA = 0; shiftA < 4; ++shiftA) {
      for (size_t shiftB = 0; shiftB < 4; ++shiftB) {
        const Pair pair = randomPair(random, n, 1);
        auto a = std::make_unique<float[]>(n + shiftA);
        auto b = std::make_unique<float[]>(n + shiftB);
        std::copy(pair.a.begin(), pair.a.end(), a.get() + shiftA);
        std::copy(pair.b.begin(), pair.b.end(), b.get() + shiftB);
        for (const Kernels& kernels : availableKernels()) {
          expectNear(
              kernels, a.get() + shiftA, b.get() + shiftB, n,
              std::to_string(n) + " at " + std::to_string(shiftA) + "," + std::to_string(shiftB));
        }
      }
    }
  }
}

// What surrounds a vector must not reach its result, not even as 0 * infinity.
TEST(Kernels, IgnoreWhatLiesAroundTheVectors) {
  for (size_t n = 0; n <= 40; ++n) {
    std::vector<float> a(n + 32, kInfinity), b(n + 32, std::nanf(""));
    std::fill_n(a.begin() + 16, n, 2.0f);
    std::fill_n(b.begin() + 16, n, 5.0f);
    for (const Kernels& kernels : availableKernels()) {
      EXPECT_EQ(kernels.dot(&a[16], &b[16], n), 10.0f * static_cast<float>(n)) << kernels.name;
      EXPECT_EQ(kernels.squaredL2(&a[16], &b[16], n), 9.0f * static_cast<float>(n)) << kernels.name;
    }
  }
}

TEST(Kernels, AgreeForLargeSmallMixedAndSubnormalMagnitudes) {
  std::mt19937 random(3);
  for (const float magnitude : {1e16f, 1e8f, 1e-8f, 1e-16f, 1e-19f, 1e-20f, 1e-22f, 1e-40f}) {
    for (int i = 0; i < 20; ++i) {
      const size_t n = random() % 2049;
      const Pair pair = randomPair(random, n, magnitude);
      for (const Kernels& kernels : availableKernels()) {
        expectNear(kernels, pair.a.data(), pair.b.data(), n,
                   std::to_string(n) + " of magnitude " + std::to_string(magnitude));
      }
    }
  }
  std::vector<float> mixed, other;
  for (int i = 0; i < 401; ++i) {
    mixed.push_back(std::ldexp(1.0f, static_cast<int>(random() % 260) - 148));
    other.push_back(std::ldexp(1.0f, -static_cast<int>(random() % 60)));
  }
  for (const Kernels& kernels : availableKernels()) {
    const Reference dot = reference(true, mixed.data(), other.data(), mixed.size());
    EXPECT_NEAR(kernels.dot(mixed.data(), other.data(), mixed.size()), dot.value, 1e-5 * dot.scale);
  }
}

TEST(Kernels, Simd128GivesTheBitsOfScalar) {
  std::mt19937 random(4);
  for (const Kernels& kernels : availableKernels()) {
    if (std::string(kernels.name) == "relaxed") continue;  // may be fused
    for (int i = 0; i < 300; ++i) {
      const size_t n = random() % 2049;
      const Pair pair = randomPair(random, n, 1);
      const Kernels& scalar = availableKernels().front();
      EXPECT_EQ(kernels.dot(pair.a.data(), pair.b.data(), n),
                scalar.dot(pair.a.data(), pair.b.data(), n));
      EXPECT_EQ(kernels.squaredL2(pair.a.data(), pair.b.data(), n),
                scalar.squaredL2(pair.a.data(), pair.b.data(), n));
    }
  }
}

TEST(Distance, FollowsItsSpace) {
  const float a[] = {1, 2, 2};
  const float b[] = {4, 6, 2};
  EXPECT_FLOAT_EQ(distance(Space::L2, a, b, 3), 25);
  EXPECT_FLOAT_EQ(distance(Space::Ip, a, b, 3), 1 - 20);
  EXPECT_NEAR(distance(Space::Cosine, a, b, 3), 1 - 20 / (3 * std::sqrt(56.0)), 1e-6);
}

TEST(Distance, ToAZeroVector) {
  const float zero[] = {0, 0, 0};
  const float a[] = {3, 0, 4};
  EXPECT_EQ(distance(Space::L2, a, zero, 3), 25);
  EXPECT_EQ(distance(Space::Ip, a, zero, 3), 1);
  EXPECT_EQ(distance(Space::Cosine, a, zero, 3), 1);
  EXPECT_EQ(distance(Space::Cosine, zero, a, 3), 1);
  EXPECT_EQ(distance(Space::Cosine, zero, zero, 3), 1);
}

TEST(Distance, CosineDoesNotDependOnMagnitude) {
  for (const float x : {1e-40f, 1e-30f, 1e-10f, 1.0f, 1e15f, 1e25f, 1e38f}) {
    for (const float y : {1e-40f, 1e-30f, 1e-10f, 1.0f, 1e15f, 1e25f, 1e38f}) {
      const float a[] = {x, x, 0};
      const float b[] = {y, 0, 0};
      const float c[] = {0, 0, y};
      const float opposite[] = {-y, -y, 0};
      EXPECT_NEAR(distance(Space::Cosine, a, b, 3), 1 - std::sqrt(0.5), 1e-4) << x << " " << y;
      EXPECT_EQ(distance(Space::Cosine, a, c, 3), 1) << x << " " << y;
      EXPECT_NEAR(distance(Space::Cosine, a, opposite, 3), 2, 1e-4) << x << " " << y;
    }
  }
}

TEST(Distance, IsNeverNan) {
  std::mt19937 random(5);
  std::vector<float> a, b;
  for (int i = 0; i < 64; ++i) {
    a.push_back(random() % 2 ? FLT_MAX : -FLT_MAX);
    b.push_back(random() % 2 ? FLT_MAX : -FLT_MAX);
  }
  for (const Kernels& kernels : availableKernels()) {
    for (size_t n = 0; n <= a.size(); ++n) {
      for (const Space space : {Space::L2, Space::Ip, Space::Cosine}) {
        EXPECT_FALSE(std::isnan(distance(space, a.data(), b.data(), n, kernels))) << n;
      }
    }
  }
  EXPECT_EQ(distance(Space::L2, a.data(), b.data(), 64), kInfinity);
}

TEST(Distance, NearestRoundsToTheEvenOfTwo) {
  for (const float value : {0.0f, -0.0f, 0.5f, 1.5f, -0.5f, -1.5f, 2.5f, 0.49999997f, -0.49999997f,
                            63.5f, -63.0f, 127.0f, -127.0f}) {
    EXPECT_EQ(static_cast<int8_t>(nearest(value)), std::nearbyint(value)) << value;
  }
  for (float value = -32'767; value <= 32'767; value += 0.25f) {
    ASSERT_EQ(static_cast<int16_t>(nearest(value)), std::nearbyint(value)) << value;
  }
}

TEST(Distance, InverseNormIsRightForEveryLength) {
  std::vector<float> values;
  double square = 0;
  for (int i = 1; i <= 40; ++i) {
    values.push_back(static_cast<float>(i % 7) + 0.5f);
    square += double{values.back()} * values.back();
    EXPECT_FLOAT_EQ(inverseNorm(values.data(), values.size()), 1 / std::sqrt(square));
  }
}

TEST(Distance, FindsTheFirstUnusableValueWhereverItIs) {
  std::vector<float> values(37, -kMaxMagnitude);
  EXPECT_EQ(firstUnusableValue({}), 0u);
  EXPECT_EQ(firstUnusableValue(values), values.size());
  for (size_t i = values.size(); i-- > 0;) {
    for (const float bad : {NAN, INFINITY, -INFINITY, -1.1f * kMaxMagnitude}) {
      values[i] = bad;
      EXPECT_EQ(firstUnusableValue(values), i);
    }
  }
}

TEST(Distance, InverseNormIsRightOutsideTheRangeOfSquares) {
  const float large[] = {3e30f, 4e30f};
  EXPECT_FLOAT_EQ(inverseNorm(large, 2), 2e-31f);
  const float small[] = {3e-30f, 4e-30f};
  EXPECT_FLOAT_EQ(inverseNorm(small, 2), 2e29f);
  const float zero[] = {0, -0.0f};
  EXPECT_EQ(inverseNorm(zero, 2), 0);
  EXPECT_EQ(inverseNorm(nullptr, 0), 0);
}

}  // namespace
}  // namespace pagevec
