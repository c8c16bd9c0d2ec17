#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "lexical/bm25.h"

namespace pagevec {

enum class Fusion : uint8_t {
  Rrf = 0,            ///< by rank
  RelativeScore = 1,  ///< by score
};

/// What one of the fused rankings says of a record. rank 0: it is not in it.
struct RankingPart {
  uint32_t rank = 0;  ///< from 1
  float score = 0;    ///< as the ranking has it
  float share = 0;    ///< what it adds to the fused score
};

struct FusedSlot {
  uint32_t slot = 0;
  float score = 0;
  std::array<RankingPart, 2> parts;
};

/// Joins two rankings, best first, larger scores better, no slot twice in one. The best first, equal
/// scores by slot.
///
/// Rrf: the sum of weight / (rankConstant + rank) (Cormack, Clarke and Buettcher, "Reciprocal Rank
/// Fusion outperforms Condorcet and individual Rank Learning Methods", 2009, with 60; with weights it
/// is Weaviate's rankedFusion). RelativeScore: the sum of weight * (score - lowest) / (highest -
/// lowest) of each ranking, or weight where all its scores are equal (Weaviate's
/// relativeScoreFusion).
std::vector<FusedSlot> fuse(const std::array<std::span<const ScoredSlot>, 2>& rankings,
                            const std::array<float, 2>& weights, Fusion fusion,
                            float rankConstant = 60);

}  // namespace pagevec
