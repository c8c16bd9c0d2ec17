#include "lexical/fusion.h"

#include "lexical/sort_keys.h"

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
  std::vector<uint64_t> keys;  // slot, then part and place
  for (uint32_t part = 0; part < rankings.size(); ++part) {
    for (uint32_t place = 0; place < rankings[part].size(); ++place) {
      keys.push_back(keyOf(rankings[part][place].slot, part << 31 | place));
    }
  }
  sortKeys(keys);
  std::vector<FusedSlot> fused;
  for (const uint64_t key : keys) {
    const uint32_t part = lowOf(key) >> 31;
    const uint32_t place = lowOf(key) & 0x7FFFFFFF;
    const float score = rankings[part][place].score;
    const float share = fusion == Fusion::Rrf ? 1 / (rankConstant + static_cast<float>(place + 1))
                                              : relative(rankings[part], score);
    if (fused.empty() || fused.back().slot != highOf(key)) fused.emplace_back();
    FusedSlot& last = fused.back();
    last.slot = highOf(key);
    last.parts[part] = {place + 1, score, weights[part] * share};
    last.score = last.parts[0].share + last.parts[1].share;
  }
  keys.clear();
  for (uint32_t i = 0; i < fused.size(); ++i) keys.push_back(keyOf(descending(fused[i].score), i));
  sortKeys(keys);
  std::vector<FusedSlot> sorted;
  for (const uint64_t key : keys) sorted.push_back(fused[lowOf(key)]);
  return sorted;
}

}  // namespace pagevec
