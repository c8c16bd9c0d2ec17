#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "lexical/fusion.h"
#include "lexical/keyword_query.h"

namespace pagevec {

/// The places of the two rankings in FusedSlot::parts.
constexpr size_t kVectorPart = 0;
constexpr size_t kKeywordPart = 1;

/// How a search by vector, by keywords or by both goes, whatever it searches in.
struct SearchSettings {
  size_t candidates = 0;  ///< of each ranking
  size_t limit = 0;       ///< of the answer
  KeywordOptions keyword;
  Fusion fusion = Fusion::Rrf;
  float vectorWeight = 1;
  float keywordWeight = 1;
  size_t passages = 0;  ///< of each document
  uint32_t passageLength = 200;
};

/// Whether words find records. Beside a vector, and without weight, they only say what highlights are.
inline bool findsByWords(bool words, bool byVector, const SearchSettings& settings) {
  return words && (!byVector || settings.keywordWeight > 0);
}

/// InvalidArgument for what is out of range, also NaN.
Status checkSettings(const SearchSettings& settings);

/// The rankings of a search by vector and by keywords as its answer: fused when it was by both, else the one
/// that there is, with its own scores.
std::vector<FusedSlot> answerOf(const std::array<std::span<const ScoredSlot>, 2>& rankings,
                                bool both, const SearchSettings& settings);

}  // namespace pagevec
