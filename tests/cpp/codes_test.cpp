// Vectors as codes: what they stand for, and how near the estimates are.
#include "index/codes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "vectors.h"

namespace pagevec {
namespace {

constexpr uint32_t kDimension = 70;  // no multiple of 16: padding must not count

std::vector<float> normalizedCopy(std::vector<float> vector) {
  const float inverse = inverseNorm(vector.data(), vector.size());
  for (float& value : vector) value *= inverse;
  return vector;
}

class CodesTest : public testing::TestWithParam<std::tuple<Space, Codes::Bits>> {
 protected:
  CodesTest() : space_(std::get<0>(GetParam())), bits_(std::get<1>(GetParam())) {}

  Codes make(std::vector<std::vector<float>>& vectors) const {
    std::vector<float> sample;
    for (auto& vector : vectors) {
      if (space_ == Space::Cosine) vector = normalizedCopy(vector);
      sample.insert(sample.end(), vector.begin(), vector.end());
    }
    Codes codes(space_, kDimension, bits_, sample);
    for (const auto& vector : vectors) codes.append(vector.data());
    return codes;
  }

  std::vector<float> decoded(const Codes& codes, Row row) const {
    std::vector<float> values(kDimension);
    codes.decode(row, values.data());
    return values;
  }

  /// Distances of codes are of their own vectors, not of normalized ones.
  float plainDistance(const std::vector<float>& a, const std::vector<float>& b) const {
    const Space space = space_ == Space::Cosine ? Space::Ip : space_;
    return distance(space, a.data(), b.data(), kDimension);
  }

  Space space_;
  Codes::Bits bits_;
};

TEST_P(CodesTest, EstimatesBetweenRowsAreTheDistancesOfWhatTheCodesStandFor) {
  auto vectors = clusteredVectors(60, kDimension, 1);
  const Codes codes = make(vectors);
  std::vector<Row> rows(60);
  for (Row row = 0; row < 60; ++row) rows[row] = row;
  CodeQuery query;
  std::vector<float> estimates(60), back(60);
  for (Row a = 0; a < 60; ++a) {
    codes.setQuery(a, query);
    codes.estimate(query, rows.data(), 60, estimates.data());
    for (Row b = 0; b < 60; ++b) {
      const float expected = plainDistance(decoded(codes, a), decoded(codes, b));
      EXPECT_NEAR(estimates[b], expected, 1e-4 * (1 + std::fabs(expected))) << a << ' ' << b;
      codes.setQuery(b, query);
      codes.estimate(query, &a, 1, &back[b]);
      EXPECT_NEAR(back[b], estimates[b], 1e-6 * std::fabs(expected)) << a << ' ' << b;
    }
  }
}

TEST_P(CodesTest, AQueryIsComparedWithWhatTheCodesStandFor) {
  auto vectors = clusteredVectors(40, kDimension, 2);
  const Codes codes = make(vectors);
  CodeQuery query;
  for (Row a = 0; a < 40; ++a) {
    codes.setQuery(vectors[a].data(), query);
    for (Row b = 0; b < 40; ++b) {
      float estimate;
      codes.estimate(query, &b, 1, &estimate);
      const float expected = plainDistance(vectors[a], decoded(codes, b));
      // The query has 127 steps to its largest value; errors add up like a random walk.
      const float size = std::sqrt(
          std::fabs(1 - distance(Space::Ip, vectors[a].data(), vectors[a].data(), kDimension)));
      EXPECT_NEAR(estimate, expected, 0.02 * (1 + size * size)) << a << ' ' << b;
    }
  }
}

TEST_P(CodesTest, ARowOfAnySizeKeepsItsShape) {
  for (const float size : {1e-20f, 1e-3f, 0.3f, 1.0f, 3.0f, 1e3f, 1e15f}) {
    auto vectors = clusteredVectors(50, kDimension, 3);
    auto odd = clusteredVectors(1, kDimension, 4)[0];
    for (float& value : odd) value *= size;
    vectors.push_back(odd);
    std::vector<float> oneHot(kDimension, 0);
    oneHot[kDimension - 1] = -size;
    vectors.push_back(oneHot);
    vectors.push_back(std::vector<float>(kDimension, size));
    const Codes codes = make(vectors);
    for (Row row = 50; row < 53; ++row) {
      const std::vector<float> values = decoded(codes, row);
      const float error = distance(Space::Cosine, values.data(), vectors[row].data(), kDimension);
      EXPECT_LE(error, bits_ == Codes::Bits::Seven ? 0.003f : 0.08f) << size << " row " << row;
      EXPECT_NEAR(
          inverseNorm(vectors[row].data(), kDimension) / inverseNorm(values.data(), kDimension), 1,
          bits_ == Codes::Bits::Seven ? 0.05 : 0.3)
          << size << " row " << row;
    }
  }
}

TEST_P(CodesTest, ValuesHaveTheNearestCode) {
  auto vectors = clusteredVectors(60, kDimension, 4);
  const Codes codes = make(vectors);
  for (Row row = 0; row < vectors.size(); ++row) {
    const std::vector<float> values = decoded(codes, row);
    const float unit = codes.scaleOf(row);
    const float most = unit * (bits_ == Codes::Bits::Seven ? 63 : 7);
    for (size_t i = 0; i < kDimension; ++i) {
      const float expected = std::min(std::max(vectors[row][i], -most), most);
      EXPECT_NEAR(values[i], expected, 0.50001f * unit);
    }
  }
}

TEST_P(CodesTest, ZeroVectorsAndSamplesOfZeros) {
  std::vector<std::vector<float>> vectors(3, std::vector<float>(kDimension, 0));
  const Codes codes = make(vectors);
  CodeQuery query;
  const Row row = 1;
  float estimate;
  codes.setQuery(vectors[0].data(), query);
  codes.estimate(query, &row, 1, &estimate);
  EXPECT_EQ(estimate, space_ == Space::L2 ? 0 : 1);
  EXPECT_TRUE(codes.same(0, 1));
}

TEST_P(CodesTest, SameTellsEqualRows) {
  auto vectors = clusteredVectors(5, kDimension, 5);
  vectors.push_back(vectors[2]);
  std::vector<float> scaled = vectors[2];
  for (float& value : scaled) value *= 1000;
  vectors.push_back(scaled);
  const Codes codes = make(vectors);
  EXPECT_TRUE(codes.same(2, 5));
  EXPECT_FALSE(codes.same(2, 3));
  EXPECT_EQ(codes.same(2, 6), space_ == Space::Cosine);
}

TEST_P(CodesTest, ATwinTakesRowsAsTheyAre) {
  auto vectors = clusteredVectors(30, kDimension, 6);
  for (float& value : vectors[7]) value *= 1e4f;
  const Codes codes = make(vectors);
  Codes twin = codes.emptyTwin();
  for (Row row = 0; row < 30; row += 7) twin.appendFrom(codes, row);
  EXPECT_EQ(twin.rows(), 5u);
  for (Row row = 0; row < 5; ++row) EXPECT_EQ(decoded(twin, row), decoded(codes, 7 * row));
}

std::string formName(const testing::TestParamInfo<std::tuple<Space, Codes::Bits>>& info) {
  const char* spaces[] = {"L2", "Ip", "Cosine"};
  return std::string(spaces[static_cast<int>(std::get<0>(info.param))]) +
         (std::get<1>(info.param) == Codes::Bits::Seven ? "Seven" : "Four");
}

INSTANTIATE_TEST_SUITE_P(Forms, CodesTest,
                         testing::Combine(testing::Values(Space::L2, Space::Ip, Space::Cosine),
                                          testing::Values(Codes::Bits::Seven, Codes::Bits::Four)),
                         formName);

}  // namespace
}  // namespace pagevec
