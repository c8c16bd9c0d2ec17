#include "lexical/ranked_search.h"

#include <algorithm>

namespace pagevec {

// Written so that NaN fails.
Status checkSettings(const SearchSettings& settings) {
  const KeywordOptions& keyword = settings.keyword;
  const auto refused = [](const char* what) { return Status(StatusCode::InvalidArgument, what); };
  if (!(keyword.k1 >= 0 && keyword.k1 <= 1000)) return refused("k1 must be 0 to 1,000");
  if (!(keyword.b >= 0 && keyword.b <= 1)) return refused("b must be 0 to 1");
  if (keyword.prefix > PrefixWords::All) return refused("prefix must be 0, 1 or 2");
  if (keyword.fuzzy > kMaxFuzzy && keyword.fuzzy != kFuzzyAuto) {
    return refused("fuzzy must be 0 to 2 edits, or 255 for automatic");
  }
  if (settings.fusion > Fusion::RelativeScore) return refused("fusion must be 0 or 1");
  for (const float weight : {settings.vectorWeight, settings.keywordWeight}) {
    if (!(weight >= 0 && weight <= 1000)) return refused("a weight must be 0 to 1,000");
  }
  return {};
}

std::vector<FusedSlot> answerOf(const std::array<std::span<const ScoredSlot>, 2>& rankings,
                                bool both, const SearchSettings& settings) {
  // The order of one ranking stays in a fusion by rank.
  std::vector<FusedSlot> answer =
      both ? fuse(rankings, {settings.vectorWeight, settings.keywordWeight}, settings.fusion)
           : fuse(rankings, {1, 1}, Fusion::Rrf);
  answer.resize(std::min(answer.size(), settings.limit));
  if (both) return answer;
  for (FusedSlot& hit : answer) hit.score = hit.parts[0].score + hit.parts[1].score;
  return answer;
}

}  // namespace pagevec
