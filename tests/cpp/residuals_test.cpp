// Codes with what they leave: 15 bits a value, whatever the row's size.
#include "index/residuals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "vectors.h"

namespace pagevec {
namespace {

constexpr uint32_t kDimension = 70;  // no multiple of 16: padding must not count

struct Rows {
  std::vector<std::vector<float>> vectors;
  Codes codes;
  Residuals residuals{kDimension};
};

// The common scale is of the first ones alone: the others are beyond it, far above, far below, or sparse.
std::vector<std::vector<float>> vectorsOfAllSizes() {
  auto vectors = clusteredVectors(200, kDimension, 1);
  const auto first = vectors;
  const auto scaled = [&](float by) {
    vectors.push_back(first[vectors.size() - first.size()]);
    for (float& value : vectors.back()) value *= by;
  };
  for (const float by : {1.3f, 1.9f, 3.0f, 1e3f, 1e30f, 0.4f, 0.2f, 1e-3f, 1e-30f, 1e-37f, 0.0f}) {
    scaled(by);
  }
  for (uint32_t at : {0u, 15u, 16u, 69u}) {
    scaled(0.5f);
    vectors.back()[at] *= 9;
    vectors.emplace_back(kDimension, 0.0f);
    vectors.back()[at] = -1;
  }
  vectors.emplace_back(kDimension, 0.7f);
  return vectors;
}

Rows make() {
  auto vectors = vectorsOfAllSizes();
  std::vector<float> sample;
  for (size_t i = 0; i < 200; ++i) {
    sample.insert(sample.end(), vectors[i].begin(), vectors[i].end());
  }
  Rows rows{std::move(vectors), Codes(Space::Ip, kDimension, Codes::Bits::Seven, sample)};
  for (const auto& vector : rows.vectors) {
    rows.codes.append(vector.data());
    rows.residuals.append(vector.data(), largestMagnitude(vector.data(), kDimension), rows.codes);
  }
  return rows;
}

std::vector<float> decoded(const Rows& rows, Row row) {
  std::vector<float> values(kDimension);
  rows.residuals.decode(row, rows.codes, values.data());
  return values;
}

TEST(Residuals, WithTheirCodesStandForTheValues) {
  const Rows rows = make();
  size_t beyond = 0;
  for (Row row = 0; row < rows.vectors.size(); ++row) {
    const float unit = Residuals::unitOf(rows.codes, row);
    const std::vector<float> values = decoded(rows, row);
    for (uint32_t i = 0; i < kDimension; ++i) {
      const float value = rows.vectors[row][i];
      // Half a unit, and a whole one halfway between two codes.
      ASSERT_NEAR(values[i], value, 1.001f * unit) << "row " << row << ", dimension " << i;
      beyond += std::fabs(value) > 64 * rows.codes.scaleOf(row);
    }
  }
  EXPECT_GT(beyond, 3u) << "no value is beyond the largest code: nothing was kept apart";
}

TEST(Residuals, AreHalfAUnitOffAtMostWhereNothingIsHalfway) {
  const Rows rows = make();
  size_t more = 0;
  for (Row row = 0; row < 200; ++row) {
    const std::vector<float> values = decoded(rows, row);
    for (uint32_t i = 0; i < kDimension; ++i) {
      more +=
          std::fabs(values[i] - rows.vectors[row][i]) > 0.501f * Residuals::unitOf(rows.codes, row);
    }
  }
  EXPECT_LE(more, 200 * kDimension / 250);  // 1 of 256 residuals, of which half are rounded so
}

TEST(Residuals, DistancesAreThoseOfWhatTheyStandFor) {
  const Rows rows = make();
  std::mt19937 random(5);
  std::vector<int16_t> operand(80);
  for (size_t i = 0; i < kDimension; ++i) {
    operand[i] = static_cast<int16_t>(static_cast<int>(random() % 65'535) - 32'767);
  }
  constexpr float kScale = 1e-5f;
  for (const size_t count : {1u, 2u, 7u, 33u}) {
    for (Row first = 0; first + count <= rows.vectors.size(); ++first) {
      std::vector<Row> of(count);
      for (size_t i = 0; i < count; ++i) of[i] = first + static_cast<Row>(i);
      std::vector<float> distances(count + 1, 77);
      rows.residuals.distances(operand, kScale, rows.codes, of.data(), count, distances.data());
      ASSERT_EQ(distances[count], 77) << "written past the last row";
      for (size_t n = 0; n < count; ++n) {
        const std::vector<float> values = decoded(rows, of[n]);
        double sum = 0, magnitudes = 1;
        for (size_t i = 0; i < kDimension; ++i) {
          const double product = double{kScale} * operand[i] * values[i];
          sum += product;
          magnitudes += std::fabs(product);
        }
        ASSERT_NEAR(distances[n], 1 - sum, 2e-5 * magnitudes) << "row " << of[n];
      }
    }
  }
}

TEST(Residuals, AreCopiedWithWhatIsKeptApart) {
  const Rows rows = make();
  Codes codes = rows.codes.emptyTwin();
  Residuals residuals(kDimension);
  std::vector<Row> order;
  for (Row row = 0; row < rows.vectors.size(); row += 2) order.push_back(row);
  for (Row row = 1; row < rows.vectors.size(); row += 2) order.push_back(row);
  std::vector<float> values(kDimension);
  for (Row row = 0; row < order.size(); ++row) {
    codes.appendFrom(rows.codes, order[row]);
    residuals.appendFrom(rows.residuals, order[row]);
  }
  for (Row row = 0; row < order.size(); ++row) {
    residuals.decode(row, codes, values.data());
    ASSERT_EQ(values, decoded(rows, order[row])) << "row " << row;
  }
}

}  // namespace
}  // namespace pagevec
