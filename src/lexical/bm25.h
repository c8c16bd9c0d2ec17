#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/row_set.h"
#include "lexical/keyword_query.h"

namespace pagevec {

struct ScoredSlot {
  uint32_t slot;
  float score;
};

/// What a term of the query adds to a document's score.
struct TermScore {
  TermId term;
  uint32_t word;       ///< index in the query
  uint32_t frequency;  ///< how often the document has it
  float score;
};

/// ln(1 + (N - n + 0.5) / (n + 0.5)), the weight of a term that n of N documents hold.
float inverseFrequency(const Postings& postings, TermId term);

/// BM25 as Lucene has it (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and
/// Beyond", 2009; without the constant factor k1 + 1). Where a document has a term f times, and l terms in
/// all where the average is L:
///
///   score = weight * inverseFrequency * f / (f + k1 * (1 - b + b * l / L))
///
/// A word of the query counts with the best of its terms, as often as the query has it; a document
/// has the sum over words.
class Bm25 {
 public:
  explicit Bm25(const Postings& postings) : postings_(postings) {}

  /// The k best documents that have a word (or all words: options.allWords), among those slots when
  /// allowed is given. The best first, equal scores by slot.
  std::vector<ScoredSlot> search(const std::vector<QueryWord>& query, const KeywordOptions& options,
                                 size_t k, const RowSet* allowed);

  /// How the score of one document comes about: the terms that counted, in the query's order.
  std::vector<TermScore> explain(const std::vector<QueryWord>& query, const KeywordOptions& options,
                                 uint32_t slot) const;

 private:
  struct Part {
    TermId term;
    float strength;  // weight * inverseFrequency
  };
  struct Group {
    std::vector<Part> parts;
    float bound = 0;        // no document gets more
    uint64_t postings = 0;  // of all parts
  };
  struct Norms {
    float fixed;      // k1 (1 - b)
    float perLength;  // k1 b / L
  };

  Norms norms(const KeywordOptions& options) const;
  float score(const Part& part, const PostingCursor& cursor, const Norms& norms) const;
  Group groupOf(const QueryWord& word) const;
  bool counts(uint32_t document, const RowSet* allowed) const;
  void scan(const Group& group, const Norms& norms);
  void note(uint32_t document, float score);
  void addNoted();
  void scoreCandidates(const Group& group, const Norms& norms, bool required);
  void walkCandidates(const Part& part, const Norms& norms);
  bool closeCandidates(float rest, size_t k, const RowSet* allowed);
  std::vector<uint64_t> bestCandidates(size_t k, const RowSet* allowed) const;
  void sortCandidates();
  template <class Keep>
  void keepCandidates(Keep keep);
  std::vector<ScoredSlot> takeBest(size_t k, const RowSet* allowed);

  const Postings& postings_;
  // By document; 0 but for the candidates of the search under way.
  std::vector<float> scores_;
  std::vector<float> best_;  // of one word; 0 between words
  std::vector<uint32_t> candidates_;
  std::vector<uint32_t> noted_;  // documents with a best_
};

}  // namespace pagevec
