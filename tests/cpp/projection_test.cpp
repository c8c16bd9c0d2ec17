#include "index/projection.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "collection/collection.h"
#include "vectors.h"

namespace pagevec {
namespace {

using Matrix = std::vector<std::vector<double>>;
using Vectors = std::vector<std::vector<float>>;

struct Exact {
  std::vector<double> variances;  ///< the largest first, all of them
  Matrix components;
};

std::vector<double> meanOf(const Vectors& vectors) {
  std::vector<double> mean(vectors[0].size());
  for (const auto& vector : vectors) {
    for (size_t d = 0; d < mean.size(); ++d) mean[d] += vector[d] / double(vectors.size());
  }
  return mean;
}

/// The slow twin: the covariance in double, made diagonal by the classical Jacobi method, which
/// always takes the largest element away.
Exact exactly(const Vectors& vectors) {
  const size_t n = vectors[0].size();
  const std::vector<double> mean = meanOf(vectors);
  Matrix a(n, std::vector<double>(n)), v = a;
  for (const auto& x : vectors) {
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < n; ++j) a[i][j] += (x[i] - mean[i]) * (x[j] - mean[j]);
    }
  }
  for (size_t i = 0; i < n; ++i) v[i][i] = 1;
  for (size_t step = 0; step < 20 * n * n; ++step) {
    size_t p = 0, q = 0;
    double largest = 0;
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = i + 1; j < n; ++j) {
        if (std::abs(a[i][j]) > largest) largest = std::abs(a[p = i][q = j]);
      }
    }
    if (largest < 1e-13 * std::abs(a[0][0])) break;
    const double angle = std::atan2(2 * a[p][q], a[q][q] - a[p][p]) / 2;
    const double c = std::cos(angle), s = std::sin(angle);
    for (size_t i = 0; i < n; ++i) {
      const double x = a[i][p], y = a[i][q];
      a[i][p] = c * x - s * y, a[i][q] = s * x + c * y;
      const double vx = v[i][p], vy = v[i][q];
      v[i][p] = c * vx - s * vy, v[i][q] = s * vx + c * vy;
    }
    for (size_t i = 0; i < n; ++i) {
      const double x = a[p][i], y = a[q][i];
      a[p][i] = c * x - s * y, a[q][i] = s * x + c * y;
    }
  }
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t i, size_t j) { return a[i][i] > a[j][j]; });
  Exact exact;
  for (const size_t i : order) {
    exact.variances.push_back(a[i][i]);
    auto& component = exact.components.emplace_back();
    for (size_t d = 0; d < n; ++d) component.push_back(v[d][i]);
  }
  return exact;
}

std::shared_ptr<VectorStore> storeOf(const Vectors& vectors, Space space = Space::L2,
                                     const StoreOptions& options = {}) {
  auto store = std::make_shared<VectorStore>(space, vectors[0].size(), options);
  appendAll(*store, vectors);
  return store;
}

Projection finished(std::shared_ptr<const VectorStore> store, uint32_t components,
                    size_t sample = SIZE_MAX, size_t slice = 1000) {
  std::vector<Row> rows(store ? store->rows() : 0);
  std::iota(rows.begin(), rows.end(), 0);
  Projection projection(std::move(store), std::move(rows), components, sample);
  size_t before = SIZE_MAX;
  for (size_t left; (left = projection.step(slice)) > 0; before = left) EXPECT_LT(left, before);
  return projection;
}

std::vector<float> componentOf(const Projection& projection, size_t j) {
  const size_t dimension = projection.mean().size();
  const auto values = projection.components().subspan(j * dimension, dimension);
  return {values.begin(), values.end()};
}

double product(const std::vector<float>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void expectOrthonormal(const Projection& projection, size_t components) {
  for (size_t i = 0; i < components; ++i) {
    const std::vector<float> a = componentOf(projection, i);
    const auto [least, largest] = std::minmax_element(a.begin(), a.end());
    EXPECT_GE(*largest, -*least);
    for (size_t j = 0; j <= i; ++j) {
      const std::vector<float> b = componentOf(projection, j);
      const double value = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
      EXPECT_NEAR(value, i == j, 1e-5);
    }
  }
}

/// By the sin theta theorem (Davis and Kahan 1970) a residual of kTolerance * s1 lets a component
/// turn by it over the gap to the other variances; a component's variance is off by it at most.
void expectExact(const Projection& projection, const Exact& exact, size_t components) {
  const double all = std::accumulate(exact.variances.begin(), exact.variances.end(), 0.0);
  const double allowed = 2 * Projection::kTolerance * exact.variances[0];
  for (size_t j = 0; j < components; ++j) {
    EXPECT_NEAR(projection.shares()[j], exact.variances[j] / all, allowed / all) << j;
    double gap = exact.variances[j] - exact.variances[j + 1];
    if (j > 0) gap = std::min(gap, exact.variances[j - 1] - exact.variances[j]);
    const double cosine = std::abs(product(componentOf(projection, j), exact.components[j]));
    const double sine = std::min(1.0, allowed / gap);
    EXPECT_GE(cosine, std::sqrt(1 - sine * sine) - 1e-6) << j;
  }
  expectOrthonormal(projection, components);
}

/// Points in an ellipsoid whose axes are not those of the coordinates, far from zero.
Vectors ellipsoid(size_t count, uint32_t dimension, double decay, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Vectors directions(dimension, std::vector<float>(dimension));
  for (auto& direction : directions) {
    for (float& value : direction) value = normal(random);
  }
  Vectors vectors(count, std::vector<float>(dimension, 5));
  for (auto& vector : vectors) {
    for (uint32_t i = 0; i < dimension; ++i) {
      const auto along = static_cast<float>(std::pow(decay, i)) * normal(random);
      for (uint32_t d = 0; d < dimension; ++d) vector[d] += along * directions[i][d];
    }
  }
  return vectors;
}

TEST(Projection, IsTheExactDecompositionOfRandomData) {
  for (const uint32_t components : {1u, 2u, 5u, 16u}) {
    for (const uint32_t dimension : {17u, 64u}) {
      const Vectors vectors = ellipsoid(700, dimension, 0.9, components + dimension);
      const Projection projection = finished(storeOf(vectors), components);
      expectExact(projection, exactly(vectors), components);
      const std::vector<double> mean = meanOf(vectors);
      for (uint32_t d = 0; d < dimension; ++d) EXPECT_NEAR(projection.mean()[d], mean[d], 1e-4);
    }
  }
}

TEST(Projection, FindsComponentsOfNoiseWithoutGaps) {
  // All variances are alike: the worst that there is. No component is to be told from its neighbours,
  // but what the components have of the variance is.
  const Vectors vectors = ellipsoid(2000, 48, 1, 3);
  const Projection projection = finished(storeOf(vectors), 3);
  expectExact(projection, exactly(vectors), 3);
}

TEST(Projection, PointsAreDifferencesFromTheMeanAlongTheComponents) {
  const Vectors vectors = clusteredVectors(300, 40, 9);
  const Projection projection = finished(storeOf(vectors), 3);
  const std::vector<double> mean = meanOf(vectors);
  for (size_t row = 0; row < vectors.size(); ++row) {
    for (size_t j = 0; j < 3; ++j) {
      double along = 0;
      for (size_t d = 0; d < mean.size(); ++d) {
        along += (vectors[row][d] - mean[d]) * componentOf(projection, j)[d];
      }
      EXPECT_NEAR(projection.points()[3 * row + j], along, 1e-4);
    }
  }
}

TEST(Projection, IsTheSameInSlicesOfAnyLength) {
  const auto store = storeOf(clusteredVectors(500, 33, 4));
  const Projection whole = finished(store, 2, SIZE_MAX, 1'000'000);
  for (const size_t slice : {1, 7, 64, 500}) {
    const Projection sliced = finished(store, 2, SIZE_MAX, slice);
    EXPECT_TRUE(std::ranges::equal(sliced.points(), whole.points())) << slice;
    EXPECT_TRUE(std::ranges::equal(sliced.components(), whole.components())) << slice;
    EXPECT_TRUE(std::ranges::equal(sliced.shares(), whole.shares())) << slice;
  }
}

TEST(Projection, ASampleDecidesAndAllRowsArePlaced) {
  const Vectors vectors = ellipsoid(9000, 20, 0.7, 8);
  const Projection projection = finished(storeOf(vectors), 2, 3000);
  const Projection whole = finished(storeOf(vectors), 2);
  EXPECT_EQ(projection.points().size(), 2 * vectors.size());
  EXPECT_FALSE(std::ranges::equal(projection.components(), whole.components()));
  for (size_t j = 0; j < 2; ++j) {
    const std::vector<float> component = componentOf(whole, j);
    EXPECT_GT(product(componentOf(projection, j), {component.begin(), component.end()}), 0.99);
  }
  // As many as there are, and more, are all of them.
  const Projection all = finished(storeOf(vectors), 2, vectors.size());
  EXPECT_TRUE(std::ranges::equal(all.components(), whole.components()));
}

TEST(Projection, ASampleIsOfEveryPhaseOfAPeriodicOrder) {
  // Every tenth row is of another kind; rows at equal distances would be of one.
  Vectors vectors = ellipsoid(5000, 16, 0.8, 1);
  for (size_t i = 0; i < vectors.size(); i += 10) vectors[i][3] += 200;
  const Projection sampled = finished(storeOf(vectors), 1, 500);
  const Projection whole = finished(storeOf(vectors), 1);
  EXPECT_NEAR(sampled.shares()[0], whole.shares()[0], 0.05);
  EXPECT_GT(std::abs(sampled.components()[3]), 0.9f);
}

TEST(Projection, CodedRowsGiveTheFloatsPictureWithinTheirPrecision) {
  const Vectors vectors = ellipsoid(VectorStore::kSettleRows + 500, 64, 0.8, 5);
  for (const Space space : {Space::L2, Space::Cosine}) {
    const Projection floats = finished(storeOf(vectors, space), 2);
    for (const Precision precision : {Precision::Int16, Precision::Codes}) {
      const auto store = storeOf(vectors, space, {.precision = precision});
      ASSERT_FALSE(store->keepsFloats());
      const Projection coded = finished(store, 2);
      const double tolerance = precision == Precision::Int16 ? 1e-3 : 0.05;
      for (size_t j = 0; j < 2; ++j) {
        EXPECT_NEAR(coded.shares()[j], floats.shares()[j], tolerance);
        const std::vector<float> component = componentOf(floats, j);
        const std::vector<double> other(component.begin(), component.end());
        EXPECT_GT(product(componentOf(coded, j), other), 1 - tolerance);
      }
    }
  }
}

TEST(Projection, CosineCountsDirectionsWhateverTheLengths) {
  Vectors vectors = clusteredVectors(200, 24, 6);
  Vectors longer = vectors;
  for (size_t i = 0; i < longer.size(); ++i) {
    for (float& value : longer[i]) value *= float(1 << (i % 8));
  }
  const Projection a = finished(storeOf(vectors, Space::Cosine), 2);
  const Projection b = finished(storeOf(longer, Space::Cosine), 2);
  for (size_t i = 0; i < a.points().size(); ++i) EXPECT_NEAR(a.points()[i], b.points()[i], 1e-5);
  longer.assign(3, std::vector<float>(24));  // zero vectors have no direction
  const Projection zeros = finished(storeOf(longer, Space::Cosine), 2);
  for (const float value : zeros.points()) EXPECT_EQ(value, 0);
}

TEST(Projection, DegenerateRows) {
  const std::vector<float> some = {1, 2, 3, 4, 5};
  for (const size_t count : {1, 2, 100}) {
    const Projection equal = finished(storeOf(Vectors(count, some)), 2);
    expectOrthonormal(equal, 2);
    for (const float value : equal.points()) EXPECT_NEAR(value, 0, 1e-6);
    for (const float share : equal.shares()) EXPECT_NEAR(share, 0, 1e-6);
    for (size_t d = 0; d < some.size(); ++d) EXPECT_NEAR(equal.mean()[d], some[d], 1e-6);
  }
  // Two rows differ in one direction, three in two at most.
  Vectors line = {some, {5, 4, 3, 2, 1}};
  const Projection two = finished(storeOf(line), 4);
  expectOrthonormal(two, 4);
  EXPECT_NEAR(two.shares()[0], 1, 1e-6);
  EXPECT_NEAR(std::abs(two.points()[0]), std::sqrt(10.0), 1e-5);
  EXPECT_NEAR(two.points()[1], 0, 1e-5);
  // Twice the same variance: both directions are found.
  const Projection cross = finished(storeOf({{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}}), 2);
  EXPECT_NEAR(cross.shares()[0], 0.5, 1e-6);
  EXPECT_NEAR(cross.shares()[1], 0.5, 1e-6);
}

TEST(Projection, MoreComponentsThanDimensionsAreZeros) {
  const Projection projection = finished(storeOf({{1, 2}, {3, 5}, {2, 9}}), 4);
  expectOrthonormal(projection, 2);
  EXPECT_NEAR(projection.shares()[0] + projection.shares()[1], 1, 1e-6);
  ASSERT_EQ(projection.points().size(), 12u);
  for (const size_t i : {2, 3, 6, 7, 10, 11}) EXPECT_EQ(projection.points()[i], 0);
  for (size_t i = 4; i < 8; ++i) EXPECT_EQ(projection.components()[i], 0);
}

TEST(Projection, LargestAndSmallestValuesStayFinite) {
  for (const float scale : {1e16f, 1e-12f}) {
    Vectors vectors = ellipsoid(300, 12, 0.6, 2);
    for (auto& vector : vectors) {
      for (float& value : vector) value = (value - 5) / 30 * scale;
    }
    expectExact(finished(storeOf(vectors), 2), exactly(vectors), 2);
  }
}

TEST(Projection, OfNothingIsNothing) {
  const Projection none = finished(nullptr, 2);
  EXPECT_TRUE(none.points().empty() && none.mean().empty() && none.components().empty());
  const auto store = storeOf({{1, 2}});
  Projection noRows(store, {}, 2, 5);
  EXPECT_EQ(noRows.step(1), 0u);
  EXPECT_TRUE(noRows.points().empty());
}

}  // namespace
}  // namespace pagevec
