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
    EXPECT_NEAR(ratio, 1, 8e-5) << x;
  }
  EXPECT_LT(valueOf<TypeParam>([](auto v) { return exp2<TypeParam>(v); }, -3e9f), 1e-30f);
}

TYPED_TEST(EncoderFunctionsTest, RoundTakesTheNearest) {
  for (float x = -40000; x < 40000; x += 0.73f) {
    const auto rounded = [](auto v) { return TypeParam::toFloats(TypeParam::round(v)); };
    EXPECT_EQ(valueOf<TypeParam>(rounded, x), std::nearbyint(x));
  }
}

/// Rows of a tile of two, taken apart again.
template <class Cell>
struct TilePair {
  static constexpr size_t kStep = TiledRows<Cell>::kStep;

  explicit TilePair(size_t count)
      : columns(count),
        cells(2 * count),
        factors(2 * kMaxFactors),
        rows{cells.data(), factors.data()} {}

  TiledRow<Cell> row(size_t r) const { return rows.row({0, 2}, r, columns); }
  int at(size_t r, size_t k) const { return cells[(k / kStep * 2 + r) * kStep + k % kStep]; }
  float factor(size_t r, size_t i) const { return factors[2 * i + r]; }
  float valueAt(size_t r, size_t k) const {
    return factor(r, 0) * static_cast<float>(at(r, k)) + factor(r, 2);
  }
  int sum(size_t r) const {
    int sum = 0;
    for (size_t k = 0; k < columns; ++k) sum += at(r, k);
    return sum;
  }

  size_t columns;
  std::vector<Cell> cells;
  std::vector<float> factors;
  TiledRows<Cell> rows;
};

TYPED_TEST(EncoderFunctionsTest, BytesCoverTheRowAndKeepZeroExact) {
  std::vector<float> row(32, 0.0f);
  for (size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(i % 7) * 0.31f - 0.4f;
  row[5] = 0;
  TilePair<int8_t> tile(row.size());
  quantizeToBytes<TypeParam>(row.data(), row.size(), tile.row(1));
  for (size_t i = 0; i < row.size(); ++i) {
    EXPECT_NEAR(tile.valueAt(1, i), row[i], tile.factor(1, 0) * 0.51f);
    EXPECT_EQ(tile.at(0, i), 0) << "the other row's cell";
  }
  EXPECT_EQ(tile.valueAt(1, 5), 0);
  EXPECT_FLOAT_EQ(tile.factor(1, 1), -tile.factor(1, 0) * static_cast<float>(tile.sum(1)));
}

TYPED_TEST(EncoderFunctionsTest, BytesOfShortsCoverTheRowAndKeepZeroExact) {
  for (const int height : {1, 100, 255, 256, 300, 5000, 32767}) {
    std::vector<int16_t> row(32);
    for (size_t i = 0; i < row.size(); ++i) {
      row[i] = static_cast<int16_t>(static_cast<int>(i) * height / 31 - height / 9);
    }
    row[5] = 0;
    TilePair<int8_t> tile(row.size());
    quantizeToBytes<TypeParam>(row.data(), row.size(), 0.5f, tile.row(1));
    for (size_t i = 0; i < row.size(); ++i) {
      EXPECT_NEAR(tile.valueAt(1, i), 0.5f * row[i], tile.factor(1, 0)) << height;
    }
    EXPECT_EQ(tile.valueAt(1, 5), 0);
    EXPECT_FLOAT_EQ(tile.factor(1, 1), -tile.factor(1, 0) * static_cast<float>(tile.sum(1)));
    EXPECT_LE(tile.factor(1, 0), 0.5f * std::max(1.001f, static_cast<float>(height) / 250));
  }
}

TYPED_TEST(EncoderFunctionsTest, ARowOfZerosStaysZero) {
  const std::vector<float> row(16, 0.0f);
  const std::vector<int16_t> shorts(16, 0);
  TilePair<int8_t> tile(16);
  quantizeToBytes<TypeParam>(row.data(), row.size(), tile.row(0));
  quantizeToBytes<TypeParam>(shorts.data(), shorts.size(), 0.25f, tile.row(1));
  for (size_t k = 0; k < 16; ++k) {
    EXPECT_EQ(tile.valueAt(0, k), 0);
    EXPECT_EQ(tile.valueAt(1, k), 0);
  }
}

TYPED_TEST(EncoderFunctionsTest, ShortsAreHeldWhereSumsCannotOverflow) {
  const std::vector<float> row = {1e6f, -1e6f, 0.5f, -0.25f, 0, 0, 0, 1};
  TilePair<int16_t> tile(row.size());
  quantizeToShorts<TypeParam>(row.data(), row.size(), 512, tile.row(1));
  const int expected[] = {32767, -32767, 256, -128, 0, 0, 0, 512};
  for (size_t k = 0; k < row.size(); ++k) EXPECT_EQ(tile.at(1, k), expected[k]);
  EXPECT_FLOAT_EQ(tile.factor(1, 1), -static_cast<float>(tile.sum(1)) / 512);
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
