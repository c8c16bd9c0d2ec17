#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "text/word_break.h"

namespace pagevec {

/// A longer word is known by its first so many code points: 63 of 4 bytes fit a length of one byte.
constexpr size_t kMaxTermCodePoints = 63;

/// Appends what a word is matched by, at most kMaxTermCodePoints long: lower case, without accents
/// and format characters, as an uncased BERT has it (bertMapping), but with the vowel signs of Indic
/// and Thai; full-width ASCII as ASCII, U+2019 as an apostrophe, final sigma as sigma, sharp s as
/// "ss". May append nothing.
void appendFolded(std::string_view word, std::string& term);

/// A term of a text and the bytes [begin, end) that it stands for.
struct SearchWord {
  std::string_view term;  ///< valid until the next call
  size_t begin = 0;
  size_t end = 0;
};

/// Reads the terms of a text. A word is one term. In scripts without spaces a document has each
/// letter and each pair of neighbours as terms, so that no dictionary is needed, one letter can be
/// found as well, and letters that merely occur somewhere do not count as a word; a query has the
/// pairs only, or a letter that stands alone.
class SearchWordReader {
 public:
  enum class Side { Document, Query };

  SearchWordReader(std::string_view text, const WordBreakClasses& classes, Side side)
      : text_(text), breaker_(text, classes), side_(side), more_(breaker_.next(ahead_)) {}

  /// False at the end of the text.
  bool next(SearchWord& word);

 private:
  bool readPair(SearchWord& word);

  std::string_view text_;
  WordBreaker breaker_;
  Side side_;
  WordSpan ahead_;
  WordSpan span_;
  bool more_;            // whether ahead_ is a word
  bool paired_ = false;  // whether span_ and the one before it make a pair that is not read yet
  size_t pairBegin_ = 0;
  std::string before_;  // the terms of the one before span_, of span_, and of both
  std::string term_;
  std::string pair_;
};

}  // namespace pagevec
