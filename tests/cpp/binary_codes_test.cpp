// Vectors as bits: estimates against the formula in double, every dimension, hostile values.
#include "index/binary_codes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "vectors.h"

namespace pagevec {
namespace {

using Vectors = std::vector<std::vector<float>>;

class BinaryCodesTest : public testing::TestWithParam<std::tuple<Space, uint32_t>> {
 protected:
  Space space() const { return std::get<0>(GetParam()); }
  uint32_t dimension() const { return std::get<1>(GetParam()); }

  Vectors vectors(size_t count, uint32_t seed) const {
    Vectors result = clusteredVectors(count, dimension(), seed);
    for (auto& vector : result) {
      if (space() == Space::Cosine) normalize(vector);
    }
    return result;
  }

  BinaryCodes make(const Vectors& rows) const {
    std::vector<float> sample;
    for (const auto& row : rows) sample.insert(sample.end(), row.begin(), row.end());
    BinaryCodes codes(space(), dimension(), sample);
    for (const auto& row : rows) codes.append(row.data());
    return codes;
  }

  static float estimate(const BinaryCodes& codes, const CodeQuery& query, Row row) {
    float result;
    codes.estimate(query, &row, 1, &result);
    return result;
  }

  static float roughly(const BinaryCodes& codes, const CodeQuery& query, Row row) {
    float result;
    codes.roughly(query, &row, 1, &result);
    return result;
  }

  /// RaBitQ's estimate by its definition, with the query as it is, or its signs and mean magnitude only.
  double twin(const Vectors& rows, const std::vector<float>& query, Row row,
              bool signs = false) const {
    double askedSigns = 0, askedMagnitudes = 0;
    double product = 0, magnitudes = 0, squares = 0, querySquares = 0, common = 0;
    for (uint32_t i = 0; i < dimension(); ++i) {
      double mean = 0;
      for (const auto& each : rows) mean += each[i];
      mean = static_cast<float>(mean / static_cast<double>(rows.size()));
      const double rest = rows[row][i] - mean, asked = query[i] - mean;
      product += asked * (rest >= 0 ? 1 : -1);
      askedSigns += (asked >= 0) == (rest >= 0) ? 1 : -1;
      askedMagnitudes += std::fabs(asked);
      magnitudes += std::fabs(rest);
      squares += rest * rest;
      querySquares += asked * asked;
      common += query[i] * mean + mean * rest;
    }
    if (signs) product = askedSigns * askedMagnitudes / dimension();
    product *= magnitudes > 0 ? squares / magnitudes : 0;
    if (space() == Space::L2) return querySquares + squares - 2 * product;
    return 1 - common - product;
  }

  double plainDistance(const std::vector<float>& a, const std::vector<float>& b) const {
    return distance(space() == Space::L2 ? Space::L2 : Space::Ip, a.data(), b.data(), dimension());
  }
};

/// Of one dimension a vector of one sign is its own mean.
class BinaryCodesOfSome : public BinaryCodesTest {};
/// Of fewer than 70 errors do not cancel out.
class BinaryCodesOfMany : public BinaryCodesTest {};

double squareNorm(const std::vector<float>& vector) {
  double sum = 0;
  for (const float value : vector) sum += double{value} * value;
  return sum;
}

// What the four bits of the query lose: half a step of its largest value a dimension, at random signs.
TEST_P(BinaryCodesTest, EstimatesAreRaBitQs) {
  const Vectors rows = vectors(40, 1), queries = vectors(10, 2);
  const BinaryCodes codes = make(rows);
  for (const auto& query : queries) {
    CodeQuery prepared;
    codes.setQuery(query.data(), prepared);
    const double size = std::sqrt(squareNorm(query) * squareNorm(rows[0]));
    for (Row row = 0; row < rows.size(); ++row) {
      EXPECT_NEAR(estimate(codes, prepared, row), twin(rows, query, row), 0.3 * size)
          << dimension() << " dimensions, row " << row;
    }
  }
}

TEST_P(BinaryCodesTest, RoughlyIsByTheSignsOfTheQuery) {
  const Vectors rows = vectors(40, 9), queries = vectors(10, 10);
  const BinaryCodes codes = make(rows);
  for (const auto& query : queries) {
    CodeQuery prepared;
    codes.setSigns(query.data(), prepared);
    for (Row row = 0; row < rows.size(); ++row) {
      const double size = squareNorm(query) + squareNorm(rows[row]);
      EXPECT_NEAR(roughly(codes, prepared, row), twin(rows, query, row, true), 1e-5 * size)
          << dimension() << " dimensions, row " << row;
    }
  }
}

// A query of whole numbers is taken as it is: then only the sums round.
TEST_P(BinaryCodesTest, AQueryOfWholeNumbersIsExact) {
  const Vectors rows = vectors(33, 3);
  const BinaryCodes codes = make(rows);
  std::vector<float> mean(dimension());
  for (const auto& row : rows) {
    for (uint32_t i = 0; i < dimension(); ++i) mean[i] += row[i] / 33;
  }
  for (uint32_t shift = 0; shift < 15; ++shift) {
    std::vector<float> query(dimension());
    for (uint32_t i = 0; i < dimension(); ++i) {
      query[i] = mean[i] + 0.25f * (static_cast<float>((i * 7 + shift) % 15) - 7);
    }
    query[shift % dimension()] = mean[shift % dimension()] + 0.25f * 7;
    CodeQuery prepared;
    codes.setQuery(query.data(), prepared);
    for (Row row = 0; row < rows.size(); ++row) {
      const double expected = twin(rows, query, row);
      EXPECT_NEAR(estimate(codes, prepared, row), expected, 1e-3 * (1 + squareNorm(query)))
          << dimension() << " dimensions, row " << row;
    }
  }
}

// The last bits count as the first do: turning one value's sign turns one bit and moves the row away.
TEST_P(BinaryCodesOfSome, EveryDimensionCounts) {
  const uint32_t step = dimension() > 800 ? 61 : 1;
  Vectors rows(1, std::vector<float>(dimension(), 1));
  for (uint32_t i = dimension(); i > 0; i -= std::min(i, step)) {
    rows.push_back(rows[0]);
    rows.back()[i - 1] = -1;
    rows.push_back(std::vector<float>(dimension(), -1));  // so that the mean is about zero
  }
  for (auto& row : rows) {
    if (space() == Space::Cosine) normalize(row);
  }
  const BinaryCodes codes = make(rows);
  CodeQuery query;
  codes.setQuery(rows[0].data(), query);
  const float itself = estimate(codes, query, 0);
  for (Row row = 1; row < rows.size(); row += 2) {
    EXPECT_FALSE(codes.same(0, row));
    EXPECT_GT(estimate(codes, query, row), itself)
        << "dimension " << dimension() - row / 2 * step - 1;
  }
}

TEST_P(BinaryCodesOfMany, ErrorsOfEstimatesCancelOut) {
  const Vectors rows = vectors(200, 4), queries = vectors(20, 5);
  const BinaryCodes codes = make(rows);
  double sum = 0, squares = 0, sizes = 0;
  for (const auto& query : queries) {
    CodeQuery prepared;
    codes.setQuery(query.data(), prepared);
    for (Row row = 0; row < rows.size(); ++row) {
      const double error = estimate(codes, prepared, row) - plainDistance(query, rows[row]);
      sum += error;
      squares += error * error;
      sizes += std::sqrt(squareNorm(query) * squareNorm(rows[row]));
    }
  }
  // Of few dimensions rows of a cluster err alike, and there are few clusters.
  const double few = (space() == Space::L2 ? 1 : 0.5) / std::sqrt(dimension());
  EXPECT_LE(std::fabs(sum), std::max(0.02, few) * sizes) << "biased";
  EXPECT_LE(std::sqrt(squares / 4000), 2 / std::sqrt(dimension()) * sizes / 4000);
}

TEST_P(BinaryCodesTest, ARowAsTheQueryIsWhatItsCodesStandFor) {
  const Vectors rows = vectors(30, 6);
  const BinaryCodes codes = make(rows);
  std::vector<float> decoded(dimension());
  CodeQuery asRow, asValues;
  for (Row row = 0; row < rows.size(); ++row) {
    codes.decode(row, decoded.data());
    codes.setQuery(row, asRow);
    codes.setQuery(decoded.data(), asValues);
    EXPECT_EQ(asRow.operand.planes, asValues.operand.planes);
    EXPECT_EQ(asRow.scale, asValues.scale);
    const double angle = distance(Space::Cosine, decoded.data(), rows[row].data(), dimension());
    EXPECT_LT(angle, 0.5) << "row " << row;
  }
}

TEST_P(BinaryCodesTest, SameTellsEqualRowsAndATwinTakesThemAsTheyAre) {
  Vectors rows = vectors(20, 7);
  rows.push_back(rows[3]);
  for (float& value : rows[3]) value = value * 0.5f;
  for (float& value : rows[20]) value = value * 0.5f;
  const BinaryCodes codes = make(rows);
  EXPECT_TRUE(codes.same(3, 20));
  EXPECT_FALSE(codes.same(3, 4));
  BinaryCodes twin = codes.emptyTwin();
  for (Row row = 0; row < 21; row += 3) twin.appendFrom(codes, row);
  ASSERT_EQ(twin.rows(), 7u);
  CodeQuery query, other;
  codes.setQuery(rows[5].data(), query);
  twin.setQuery(rows[5].data(), other);
  for (Row row = 0; row < 7; ++row) {
    EXPECT_EQ(estimate(twin, other, row), estimate(codes, query, 3 * row));
  }
}

TEST_P(BinaryCodesTest, HostileValuesGiveNoNaN) {
  for (const float size : {0.0f, 1e-38f, 1e-20f, 1e-3f, 1.0f, 1e3f, 1e15f, 3e38f}) {
    Vectors rows = vectors(20, 8);
    rows.push_back(std::vector<float>(dimension(), size));
    rows.push_back(std::vector<float>(dimension(), -size));
    rows.push_back(std::vector<float>(dimension(), 0));
    rows.back().back() = -size;
    rows.push_back(std::vector<float>(dimension(), 0));
    const BinaryCodes codes = make(rows);
    for (const auto& query : rows) {
      CodeQuery prepared, signs;
      codes.setQuery(query.data(), prepared);
      codes.setSigns(query.data(), signs);
      for (Row row = 0; row < rows.size(); ++row) {
        for (const float found : {estimate(codes, prepared, row), roughly(codes, signs, row)}) {
          EXPECT_FALSE(std::isnan(found)) << size << " row " << row;
          EXPECT_TRUE(size > 1e15f || std::isfinite(found)) << size << " row " << row;
        }
      }
    }
  }
}

TEST_P(BinaryCodesTest, ZeroVectorsAndSamplesOfZeros) {
  const Vectors rows(3, std::vector<float>(dimension(), 0));
  const BinaryCodes codes = make(rows);
  CodeQuery query;
  codes.setQuery(rows[0].data(), query);
  EXPECT_EQ(estimate(codes, query, 1), space() == Space::L2 ? 0 : 1);
  EXPECT_TRUE(codes.same(0, 1));
}

std::string formName(const testing::TestParamInfo<std::tuple<Space, uint32_t>>& info) {
  const char* spaces[] = {"L2", "Ip", "Cosine"};
  return spaces[static_cast<int>(std::get<0>(info.param))] +
         std::to_string(std::get<1>(info.param));
}

const auto kSpaces = testing::Values(Space::L2, Space::Ip, Space::Cosine);
const std::vector<uint32_t> kDimensions{1, 7, 70, 128, 129, 384, 768, 1536, 3072};

auto formsFrom(size_t first) {
  return testing::Combine(
      kSpaces,
      testing::ValuesIn(kDimensions.begin() + static_cast<ptrdiff_t>(first), kDimensions.end()));
}

INSTANTIATE_TEST_SUITE_P(Forms, BinaryCodesTest, formsFrom(0), formName);
INSTANTIATE_TEST_SUITE_P(Forms, BinaryCodesOfSome, formsFrom(1), formName);
INSTANTIATE_TEST_SUITE_P(Forms, BinaryCodesOfMany, formsFrom(2), formName);

TEST(BinaryCodes, TakeABitADimensionAndTwelveBytes) {
  const std::vector<float> zeros(384);
  BinaryCodes codes(Space::Cosine, 384, zeros);
  for (int row = 0; row < 100'000; ++row) codes.append(zeros.data());
  EXPECT_LE(codes.bytes(), 100'000u * 64 + 300'000);
}

}  // namespace
}  // namespace pagevec
