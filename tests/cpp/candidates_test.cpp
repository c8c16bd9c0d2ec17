// The sorted list of a walk beside a std::set, whichever way it adds.
#include "index/candidates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <utility>

namespace pagevec {
namespace {

using Ranked = std::pair<uint32_t, uint32_t>;  // order of the distance, row

/// What Candidates does, slowly.
class Model {
 public:
  explicit Model(size_t capacity) : capacity_(capacity) {}

  void add(float distance, uint32_t row) {
    found_.insert({distanceOrder(distance), row});
    if (found_.size() > capacity_) found_.erase(std::prev(found_.end()));
  }

  std::vector<uint32_t> expandNext(size_t most) {
    std::vector<uint32_t> rows;
    for (const auto& [order, row] : found_) {
      if (rows.size() == most) break;
      if (expanded_.insert(row).second) rows.push_back(row);
    }
    return rows;
  }

  const std::set<Ranked>& found() const { return found_; }

 private:
  size_t capacity_;
  std::set<Ranked> found_;
  std::set<uint32_t> expanded_;
};

/// mostInPairs: 0 merges; SIZE_MAX adds in pairs where there is SIMD.
class CandidatesTest : public ::testing::TestWithParam<size_t> {
 protected:
  /// One walk: batches of random sizes, each followed by expanding a few rows.
  void walk(size_t capacity, uint32_t seed) {
    std::mt19937 random(seed);
    const auto below = [&](uint32_t limit) { return static_cast<uint32_t>(random() % limit); };
    Model model(capacity);
    list_.reset(capacity, GetParam());
    uint32_t row = 0;
    for (int step = 0; step < 40; ++step) {
      std::vector<float> distances(below(70));
      std::vector<uint32_t> rows(distances.size());
      for (size_t i = 0; i < rows.size(); ++i) {
        rows[i] = (++row * 0x2545F491u) % (uint32_t{1} << 30);
        distances[i] = aDistance(below(40), below(1000));
        model.add(distances[i], rows[i]);
      }
      list_.add(distances.data(), rows.data(), rows.size());
      const uint32_t most = 1 + below(5);
      std::vector<uint32_t> next(most);
      next.resize(list_.expandNext(next.data(), most));
      ASSERT_EQ(next, model.expandNext(most)) << "capacity " << capacity << ", seed " << seed;
      expectSame(model);
    }
  }

  /// Mostly one of a thousand numbers, so that many are equal; seldom one that is hard to compare.
  static float aDistance(uint32_t kind, uint32_t number) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    switch (kind) {
      case 0: return kInfinity;
      case 1: return -kInfinity;
      case 2: return std::numeric_limits<float>::quiet_NaN();
      case 3: return std::copysign(std::numeric_limits<float>::quiet_NaN(), -1.0f);
      case 4: return -0.0f;
      case 5: return std::numeric_limits<float>::denorm_min() * static_cast<float>(number);
      case 6: return -std::numeric_limits<float>::max();
      default: return static_cast<float>(number) / 500 - 1;
    }
  }

  void expectSame(const Model& model) const {
    ASSERT_EQ(list_.size(), model.found().size());
    size_t i = 0;
    for (const auto& [order, row] : model.found()) {
      ASSERT_EQ(list_.orderAt(i), order) << "at " << i;
      ASSERT_EQ(list_.rowAt(i), row) << "at " << i;
      ++i;
    }
  }

  Candidates list_;  // for all walks, as in a search
};

TEST_P(CandidatesTest, KeepsTheNearestAndExpandsThemInOrder) {
  for (const size_t capacity : {1, 2, 3, 4, 7, 10, 24, 63, 64, 65, 160, 161, 500}) {
    for (uint32_t seed = 0; seed < 20; ++seed) walk(capacity, seed);
  }
}

TEST_P(CandidatesTest, TakesAsManyRowsAtOnceAsThereAre) {
  constexpr size_t kRows = 3000;
  std::vector<float> distances(kRows);
  std::vector<uint32_t> rows(kRows);
  for (uint32_t i = 0; i < kRows; ++i) {
    rows[i] = i;
    distances[i] = static_cast<float>((i * 7919) % kRows);
  }
  list_.reset(100, GetParam());
  list_.add(distances.data(), rows.data(), kRows);
  ASSERT_EQ(list_.size(), 100u);
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(orderedDistance(list_.orderAt(i)), static_cast<float>(i));
    EXPECT_EQ((list_.rowAt(i) * 7919) % kRows, i);
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, CandidatesTest, ::testing::Values(size_t{0}, SIZE_MAX),
                         [](const auto& way) { return way.param == 0 ? "Merged" : "InPairs"; });

TEST(DistanceOrder, SortsAsDistancesDoWithNaNLast) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float sorted[] = {-kInfinity, -3.5f, -1e-30f, -0.0f, 0.0f, 1e-30f, 3.5f, kInfinity};
  for (size_t i = 1; i < std::size(sorted); ++i) {
    EXPECT_LT(distanceOrder(sorted[i - 1]), distanceOrder(sorted[i])) << sorted[i];
    EXPECT_EQ(orderedDistance(distanceOrder(sorted[i])), sorted[i]);
  }
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_GT(distanceOrder(nan), distanceOrder(kInfinity));
  EXPECT_GT(distanceOrder(std::copysign(nan, -1.0f)), distanceOrder(kInfinity));
  EXPECT_TRUE(std::isnan(orderedDistance(distanceOrder(nan))));
}

}  // namespace
}  // namespace pagevec
