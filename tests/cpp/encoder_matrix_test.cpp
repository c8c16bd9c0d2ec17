#include <gtest/gtest.h>

#include "encoder/convert/float_pass.h"
#include "encoder/convert/matrix.h"
#include "encoder_models.h"

namespace pagevec {
namespace {

/// The sum in the same order and in the same precision, hence the same bits.
float plainSum(float start, const float* a, const float* b, size_t k, size_t bStride, float sign) {
  float sum = start;
  for (size_t i = 0; i < k; ++i) {
    const float product = a[i] * (sign * b[i * bStride]);
    sum += product;
  }
  return sum;
}

TEST(EncoderMatrixTest, ProductsAreThoseOfPlainLoops) {
  ModelMaker maker(1);
  const ProductShape shapes[] = {{1, 1, 1}, {6, 8, 4}, {7, 9, 300}, {13, 17, 257}, {5, 40, 33}};
  for (const auto& [m, n, k] : shapes) {
    const std::vector<float> a = maker.values(m * k, 1);
    const std::vector<float> b = maker.values(k * n, 1);
    const std::vector<float> start = maker.values(m * n, 1);
    for (const float sign : {1.0f, -1.0f}) {
      std::vector<float> out = start;
      addProduct({m, n, k}, {a.data(), k}, {b.data(), n}, out.data(), n, sign);
      for (size_t i = 0; i < m * n; ++i) {
        const float expected = plainSum(start[i], &a[i / n * k], &b[i % n], k, n, sign);
        ASSERT_EQ(out[i], expected) << m << " x " << n << " x " << k << ", element " << i;
      }
    }
  }
}

TEST(EncoderMatrixTest, TheLowerPartIsThatOfTheWhole) {
  ModelMaker maker(2);
  constexpr size_t kSize = 37;
  const std::vector<float> x = maker.values(kSize * 20, 1);
  const MatrixView<float> rows{x.data(), kSize};
  std::vector<float> all(kSize * kSize), lower(kSize * kSize);
  addProduct({kSize, kSize, 20}, rows.transposed(), rows, all.data(), kSize);
  addProduct({kSize, kSize, 20}, rows.transposed(), rows, lower.data(), kSize, 1,
             ProductPart::Lower);
  for (size_t i = 0; i < kSize; ++i) {
    for (size_t j = 0; j <= i; ++j) ASSERT_EQ(lower[i * kSize + j], all[i * kSize + j]);
  }
}

TEST(EncoderMatrixTest, CholeskyFactorsMultiplyBack) {
  constexpr size_t kSize = 131;  // some blocks and a rest
  ModelMaker maker(3);
  const std::vector<float> values = maker.values(kSize * kSize, 1);
  const std::vector<double> x(values.begin(), values.end());
  std::vector<double> matrix(kSize * kSize);
  for (size_t i = 0; i < kSize; ++i) matrix[i * kSize + i] = 1;
  const MatrixView<double> rows{x.data(), kSize};
  addProduct({kSize, kSize, kSize}, rows, rows.transposed(), matrix.data(), kSize);
  std::vector<double> factor = matrix;
  factorizeCholesky(factor.data(), kSize);
  for (size_t i = 0; i < kSize; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = 0;
      for (size_t k = 0; k <= j; ++k) sum += factor[i * kSize + k] * factor[j * kSize + k];
      ASSERT_NEAR(sum, matrix[i * kSize + j], 1e-9) << i << ", " << j;
    }
  }
}

TEST(EncoderMatrixTest, TheFloatPassGivesTheReferencesVectorsAndInputs) {
  for (const Pooling pooling : {Pooling::Mean, Pooling::Cls}) {
    EncoderConfig config = smallConfig();
    config.pooling = pooling;
    ModelMaker maker(4);
    const FloatModel model = maker.model(config);
    const CalibrationTexts texts = maker.texts(config, 50);
    FloatPass pass(model, texts);
    double sums[kLinearSites] = {}, expectedSums[kLinearSites] = {};
    const auto observe = [](double* into) {
      return [into](size_t layer, LinearSite site, std::span<const float> inputs) {
        for (const float x : inputs) {
          into[static_cast<size_t>(site)] += static_cast<double>(layer + 1) * std::abs(x);
        }
      };
    };
    for (uint32_t i = 0; i < config.layers; ++i) pass.runLayer(observe(sums));
    std::vector<float> vector(config.hidden), expected(config.hidden);
    for (size_t i = 0; i < texts.size(); ++i) {
      encodeReference(model, texts[i], expected.data(), observe(expectedSums));
      pass.pool(i, vector.data());
      EXPECT_GT(cosineOf(vector, expected), 0.999999) << i;
    }
    for (size_t i = 0; i < kLinearSites; ++i) {
      EXPECT_NEAR(sums[i] / expectedSums[i], 1, 1e-3) << i;
    }
  }
}

}  // namespace
}  // namespace pagevec
