#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lexical/keyword_query.h"

namespace pagevec {

/// Places in a text, in UTF-16 code units, as strings of JavaScript count: [begin, end).
struct TextRange {
  uint32_t begin;
  uint32_t end;
};

struct Passage {
  TextRange range;
  std::vector<TextRange> matches;  ///< in order, within range, none touches another
};

/// Up to `passages` passages of a document of about `length` UTF-16 units that begin and end with a
/// word, the best first: the one that holds the most words of the query, rare ones counting more (the
/// sum of their idf), then the most matches, then the first. Passages do not overlap; none without a
/// match. document is well-formed UTF-8.
std::vector<Passage> highlight(const Postings& postings, const std::vector<QueryWord>& query,
                               std::string_view document, size_t passages, uint32_t length);

}  // namespace pagevec
