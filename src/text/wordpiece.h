#pragma once

#include <string_view>

#include "text/vocabulary.h"

namespace pagevec {

/// WordPiece: cuts a word into tokens, the longest match first (Wu et al., "Google's Neural Machine
/// Translation System", 2016, section 4.1). Calls emit(id, begin, end) with byte positions for each
/// token; false when a rest matches no token: then the whole word is [UNK], whatever was emitted.
template <class Emit>
bool splitWord(const Vocabulary& vocabulary, std::string_view word, const ByteMap& fold,
               Emit&& emit) {
  ByteTrie::Match match = vocabulary.longestStart(word, fold);
  for (uint32_t begin = 0; match.length > 0;) {
    const uint32_t end = begin + match.length;
    emit(match.id, begin, end);
    if (end == word.size()) return true;
    begin = end;
    match = vocabulary.longestContinuation(word.substr(begin), fold);
  }
  return false;
}

}  // namespace pagevec
