#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collection/filter.h"
#include "lexical/highlight.h"
#include "lexical/ranked_search.h"

namespace pagevec {

/// A search by vector, by keywords, or by both and fused.
struct SearchRequest : SearchSettings {
  std::span<const float> vector;  ///< empty: not by vector
  /// null: not by keywords. With a vector and no weight for keywords: only what the hits are described by.
  std::optional<std::string_view> text;
  Filter filter;
  size_t efSearch = 0;   ///< 0: the collection's
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
