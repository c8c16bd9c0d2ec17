#include "text/search_words.h"

#include <utility>

#include "base/utf8.h"
#include "text/unicode.h"

namespace pagevec {
namespace {

// Accents have canonical combining classes of their own; signs without which a word is another one
// have 0 (vowel signs of Brahmic scripts), 9 (virama) or one of 84 to 132 (vowels and tones of Telugu,
// Thai, Lao and Tibetan). Variation selectors have 0 too.
bool isVowelSign(char32_t mark) {
  const uint8_t order = combiningClass(mark);
  if (order != 0) return order == 9 || (order >= 84 && order <= 132);
  return mark >= 0x900 && (mark < 0xFE00 || mark > 0xFE2F) && mark < 0xE0000;
}

Mapping foldNonAscii(char32_t c) {
  switch (c) {
    case 0x00DF:
    case 0x1E9E: return {{'s', 's'}, 2};
    case 0x03C2: return {{0x03C3}, 1};
    case 0x2019: return {{'\''}, 1};
  }
  if (c >= 0xFF01 && c <= 0xFF5E) return bertMapping(c - 0xFEE0);
  switch (charClass(c)) {
    case CharClass::Removed: return {{}, 0};
    case CharClass::Mark: return {{c}, static_cast<uint8_t>(isVowelSign(c))};
    default: return bertMapping(c);
  }
}

}  // namespace

void appendFolded(std::string_view word, std::string& term) {
  size_t room = kMaxTermCodePoints;
  for (size_t offset = 0; offset < word.size() && room > 0;) {
    const auto byte = static_cast<uint8_t>(word[offset]);
    if (byte < 0x80) {
      term.push_back(static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte));
      ++offset;
      --room;
      continue;
    }
    const DecodedCodePoint decoded = decodeUtf8(word, offset);
    offset += decoded.bytes;
    const Mapping mapping = foldNonAscii(decoded.codePoint);
    for (size_t i = 0; i < mapping.size && room > 0; ++i, --room) {
      appendUtf8(term, mapping.codePoints[i]);
    }
  }
}

bool SearchWordReader::readPair(SearchWord& word) {
  if (!paired_) return false;
  paired_ = false;
  pair_.assign(before_).append(term_);
  word = {pair_, pairBegin_, span_.end};
  return true;
}

bool SearchWordReader::next(SearchWord& word) {
  if (readPair(word)) return true;
  while (more_) {
    const WordSpan last = span_;
    span_ = ahead_;
    more_ = breaker_.next(ahead_);
    std::swap(before_, term_);
    term_.clear();
    appendFolded(text_.substr(span_.begin, span_.end - span_.begin), term_);
    paired_ = last.unspaced && span_.unspaced && last.end == span_.begin;
    pairBegin_ = last.begin;
    const bool alone =
        !paired_ && !(more_ && span_.unspaced && ahead_.unspaced && ahead_.begin == span_.end);
    if (term_.empty()) continue;
    word = {term_, span_.begin, span_.end};
    if (alone || side_ == Side::Document) return true;
    if (readPair(word)) return true;
  }
  return false;
}

}  // namespace pagevec
