#include "lexical/fusion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace pagevec {
namespace {

using Ranking = std::vector<ScoredSlot>;

Ranking randomRanking(std::mt19937& random) {
  Ranking ranking;
  for (uint32_t slot = 0; slot < 30; ++slot) {
    if (random() % 2) ranking.push_back({slot, static_cast<float>(random() % 20) / 4});
  }
  std::sort(ranking.begin(), ranking.end(), [](const ScoredSlot& a, const ScoredSlot& b) {
    return a.score != b.score ? a.score > b.score : a.slot < b.slot;
  });
  return ranking;
}

TEST(Fusion, EqualsTheFormulasOnRandomRankings) {
  std::mt19937 random(1);
  for (int round = 0; round < 1000; ++round) {
    const Ranking rankings[2] = {randomRanking(random), randomRanking(random)};
    const float weights[2] = {static_cast<float>(random() % 5) / 4, 0.5f};
    const auto fusion = static_cast<Fusion>(round % 2);
    std::map<uint32_t, double> expected;
    for (int part = 0; part < 2; ++part) {
      double lowest = 1e9, highest = -1e9;
      for (const auto& [slot, score] : rankings[part]) {
        lowest = std::min<double>(lowest, score);
        highest = std::max<double>(highest, score);
      }
      for (size_t i = 0; i < rankings[part].size(); ++i) {
        const auto [slot, score] = rankings[part][i];
        const double relative = highest > lowest ? (score - lowest) / (highest - lowest) : 1;
        const double rank = static_cast<double>(i) + 1;
        expected[slot] += weights[part] * (fusion == Fusion::Rrf ? 1 / (60 + rank) : relative);
      }
    }
    const auto fused = fuse({rankings[0], rankings[1]}, {weights[0], weights[1]}, fusion);
    ASSERT_EQ(fused.size(), expected.size());
    for (size_t i = 0; i < fused.size(); ++i) {
      const FusedSlot& each = fused[i];
      ASSERT_NEAR(each.score, expected.at(each.slot), 1e-6);
      ASSERT_EQ(each.score, each.parts[0].share + each.parts[1].share);
      if (i > 0) {
        ASSERT_TRUE(fused[i - 1].score > each.score ||
                    (fused[i - 1].score == each.score && fused[i - 1].slot < each.slot));
      }
      for (int part = 0; part < 2; ++part) {
        const RankingPart& says = each.parts[part];
        if (says.rank == 0) {
          ASSERT_TRUE(std::none_of(rankings[part].begin(), rankings[part].end(),
                                   [&](const ScoredSlot& hit) { return hit.slot == each.slot; }));
        } else {
          ASSERT_EQ(rankings[part][says.rank - 1].slot, each.slot);
          ASSERT_EQ(rankings[part][says.rank - 1].score, says.score);
        }
      }
    }
  }
}

TEST(Fusion, OfNothing) {
  EXPECT_TRUE(fuse({}, {1, 1}, Fusion::Rrf).empty());
  const Ranking one = {{7, -3}};
  const auto fused = fuse({one, {}}, {1, 1}, Fusion::RelativeScore);
  ASSERT_EQ(fused.size(), 1u);
  EXPECT_EQ(fused[0].score, 1);
  EXPECT_EQ(fused[0].parts[1].rank, 0u);
}

}  // namespace
}  // namespace pagevec
