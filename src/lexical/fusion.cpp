#include "lexical/fusion.h"

#include <algorithm>

namespace pagevec {
namespace {

float relative(std::span<const ScoredSlot> ranking, float score) {
  const float lowest = ranking.back().score;
  const float range = ranking.front().score - lowest;
  return range > 0 ? (score - lowest) / range : 1;
}

}  // namespace

std::vector<FusedSlot> fuse(const std::array<std::span<const ScoredSlot>, 2>& rankings,
                            const std::array<float, 2>& weights, Fusion fusion,
                            float rankConstant) {
  std::vector<FusedSlot> fused;
  for (size_t part = 0; part < rankings.size(); ++part) {
    uint32_t rank = 0;
    for (const ScoredSlot& each : rankings[part]) {
      ++rank;
      const float share = fusion == Fusion::Rrf ? 1 / (rankConstant + static_cast<float>(rank))
                                                : relative(rankings[part], each.score);
      FusedSlot& added = fused.emplace_back();
      added.slot = each.slot;
      added.parts[part] = {rank, each.score, weights[part] * share};
    }
  }
  std::sort(fused.begin(), fused.end(),
            [](const FusedSlot& a, const FusedSlot& b) { return a.slot < b.slot; });
  size_t kept = 0;
  for (size_t i = 0; i < fused.size(); ++kept) {
    FusedSlot joined = fused[i];
    for (++i; i < fused.size() && fused[i].slot == joined.slot; ++i) {
      for (size_t part = 0; part < joined.parts.size(); ++part) {
        if (fused[i].parts[part].rank != 0) joined.parts[part] = fused[i].parts[part];
      }
    }
    joined.score = joined.parts[0].share + joined.parts[1].share;
    fused[kept] = joined;
  }
  fused.resize(kept);
  std::sort(fused.begin(), fused.end(), [](const FusedSlot& a, const FusedSlot& b) {
    return a.score != b.score ? a.score > b.score : a.slot < b.slot;
  });
  return fused;
}

}  // namespace pagevec
