#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lexical/postings.h"

namespace pagevec {

enum class PrefixWords : uint8_t { None = 0, Last = 1, All = 2 };

/// Edits up to which a term counts as misspelled; Auto: none for words of up to 2 code points, 1 up
/// to 5, else 2 (Elasticsearch's AUTO).
constexpr uint8_t kFuzzyAuto = 255;
constexpr uint8_t kMaxFuzzy = 2;

struct KeywordOptions {
  PrefixWords prefix = PrefixWords::None;  ///< words of the query that may be a beginning
  uint8_t fuzzy = 0;                       ///< 0 to kMaxFuzzy edits, or kFuzzyAuto
  bool stems = false;     ///< also words with the same stem, see Postings::addStems
  bool allWords = false;  ///< a document must hold every word of the query
  float k1 = 1.2f;
  float b = 0.75f;
};

/// A term of the index that a word of the query stands for. weight 1: the word itself.
struct WeightedTerm {
  TermId term;
  float weight;
};

struct QueryWord {
  std::string text;                 ///< folded
  float count = 1;                  ///< how often the query has it
  std::vector<WeightedTerm> terms;  ///< by term; empty when no document has it
};

/// The words of a query, each once, with the terms that they stand for. A term of the same stem has
/// weight 0.8; else weights are MiniSearch's: a term of n code points that begins with the word has
/// 0.375 n / (n + 0.3 (n - word)), one that is d edits away 0.45 n / (n + d). The largest counts. Terms that no document holds any more are
/// left out.
std::vector<QueryWord> expandQuery(Postings& postings, std::string_view text,
                                   const KeywordOptions& options);

}  // namespace pagevec
