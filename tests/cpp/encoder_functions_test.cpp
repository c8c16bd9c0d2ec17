#include "encoder/functions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "encoder/activations.h"
#include "encoder/lanes_scalar.h"
#ifdef __wasm_simd128__
#include "encoder/lanes_simd.h"
#endif

namespace pagevec {
namespace {

template <class Lanes>
class EncoderFunctionsTest : public testing::Test {};

#ifdef __wasm_simd128__
using AllLanes = testing::Types<ScalarLanes, SimdLanes>;
#else
using AllLanes = testing::Types<ScalarLanes>;
#endif
TYPED_TEST_SUITE(EncoderFunctionsTest, AllLanes);

template <class Lanes, class Function>
float valueOf(Function function, float x) {
  float out[4];
  Lanes::store(out, function(Lanes::splat(x)));
  return out[3];
}

TYPED_TEST(EncoderFunctionsTest, GeluIsNearTheExactOne) {
  for (float x = -30; x <= 30; x += 0.0037f) {
    const double exact = 0.5 * double{x} * (1 + std::erf(double{x} / std::sqrt(2.0)));
    EXPECT_NEAR(valueOf<TypeParam>([](auto v) { return gelu<TypeParam>(v); }, x), exact, 2.5e-4)
        << x;
  }
}

TYPED_TEST(EncoderFunctionsTest, Exp2IsNearTheExactOne) {
  for (float x = -120; x <= 0; x += 0.0137f) {
    const double ratio =
        double{valueOf<TypeParam>([](auto v) { return exp2<TypeParam>(v); }, x)} / std::exp2(x);
    EXPECT_NEAR(ratio, 1, 5e-6) << x;
  }
  EXPECT_LT(valueOf<TypeParam>([](auto v) { return exp2<TypeParam>(v); }, -3e9f), 1e-30f);
}

TYPED_TEST(EncoderFunctionsTest, RoundTakesTheNearest) {
  for (float x = -40000; x < 40000; x += 0.73f) {
    const auto rounded = [](auto v) { return TypeParam::toFloats(TypeParam::round(v)); };
    EXPECT_EQ(valueOf<TypeParam>(rounded, x), std::nearbyint(x));
  }
}

TYPED_TEST(EncoderFunctionsTest, BytesCoverTheRowAndKeepZeroExact) {
  std::vector<float> row(32, 0.0f);
  for (size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(i % 7) * 0.31f - 0.4f;
  row[5] = 0;
  std::vector<int8_t> out(row.size());
  const RowFactors factors = quantizeToBytes<TypeParam>(row.data(), row.size(), 1.0f, out.data());
  float sum = 0;
  for (size_t i = 0; i < row.size(); ++i) {
    sum += static_cast<float>(out[i]);
    const float value = factors.scale * static_cast<float>(out[i]) + factors.minusZero;
    EXPECT_NEAR(value, row[i], factors.scale * 0.51f);
  }
  EXPECT_EQ(factors.scale * static_cast<float>(out[5]) + factors.minusZero, 0);
  EXPECT_FLOAT_EQ(factors.minusSum, -factors.scale * sum);
}

TYPED_TEST(EncoderFunctionsTest, ARowOfZerosStaysZero) {
  const std::vector<float> row(16, 0.0f);
  std::vector<int8_t> out(16);
  const RowFactors factors = quantizeToBytes<TypeParam>(row.data(), row.size(), 1.0f, out.data());
  for (const int8_t q : out) {
    EXPECT_EQ(factors.scale * static_cast<float>(q) + factors.minusZero, 0);
  }
}

TYPED_TEST(EncoderFunctionsTest, ShortsAreHeldWhereSumsCannotOverflow) {
  const std::vector<float> row = {1e6f, -1e6f, 0.5f, -0.25f};
  std::vector<int16_t> out(4);
  quantizeToShorts<TypeParam>(row.data(), 4, 512, out.data());
  EXPECT_EQ(out, (std::vector<int16_t>{32767, -32767, 256, -128}));
  EXPECT_LE(double{largestShort(1536)} * 128 * 1536, 2147483647.0);
}

TYPED_TEST(EncoderFunctionsTest, LayerNormGivesMeanAndVariance) {
  std::vector<float> row(48), gain(48, 2.0f), bias(48, 0.5f);
  for (size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(i * i % 29) + 100;
  layerNorm<TypeParam>(row.data(), row.size(), 1e-12f, {gain.data(), bias.data()});
  double mean = 0, squares = 0;
  for (const float value : row) mean += double{value} / 48;
  for (const float value : row) squares += (double{value} - mean) * (double{value} - mean) / 48;
  EXPECT_NEAR(mean, 0.5, 1e-4);
  EXPECT_NEAR(squares, 4, 1e-3);
}

}  // namespace
}  // namespace pagevec
