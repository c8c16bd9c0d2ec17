#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collection/filter.h"
#include "lexical/fusion.h"
#include "lexical/highlight.h"

namespace pagevec {

/// The places of the two rankings in FusedSlot::parts.
constexpr size_t kVectorPart = 0;
constexpr size_t kKeywordPart = 1;

/// A search by vector, by keywords, or by both and fused.
struct SearchRequest {
  std::span<const float> vector;  ///< empty: not by vector
  /// null: not by keywords. With a vector and no weight for keywords: only what the hits are described by.
  std::optional<std::string_view> text;
  Filter filter;
  size_t candidates = 0;  ///< of each ranking
  size_t limit = 0;       ///< of the answer
  size_t efSearch = 0;    ///< 0: the collection's
  KeywordOptions keyword;
  Fusion fusion = Fusion::Rrf;
  float vectorWeight = 1;
  float keywordWeight = 1;
  size_t passages = 0;  ///< of each document
  uint32_t passageLength = 200;
  bool explain = false;  ///< fills in SearchHit::terms
};

/// A term of the query that counted, and what it added to the keyword score.
struct MatchedTerm {
  std::string text;
  uint32_t frequency;
  float score;
};

struct SearchHit {
  FusedSlot fused;  ///< a single ranking is not fused: its scores are the hits'
  std::vector<MatchedTerm> terms;
  std::vector<Passage> passages;
};

}  // namespace pagevec
