#include "text/word_break.h"

#include <algorithm>

#include "base/utf8.h"

namespace pagevec {
namespace {

#include "text/word_break_table.inc"

bool isLetter(WordBreak kind) { return kind == WordBreak::Letter || kind == WordBreak::Hebrew; }

bool isLetterOrDigit(WordBreak kind) { return isLetter(kind) || kind == WordBreak::Numeric; }

bool isWordPart(WordBreak kind) {
  return kind >= WordBreak::Letter && kind <= WordBreak::ExtendNumLet;
}

// Rules WB5, WB8 to WB10, WB13 to WB13b, for two parts of words.
bool joins(WordBreak before, WordBreak after) {
  if (before == WordBreak::ExtendNumLet || after == WordBreak::ExtendNumLet) return true;
  if (before == WordBreak::Katakana) return after == WordBreak::Katakana;
  return isLetterOrDigit(after);
}

}  // namespace

WordBreakClasses::WordBreakClasses() {
  uint32_t begin = 0;
  for (size_t at = 0; at < std::size(kWordBreakRuns);) {
    uint32_t run = 0;
    for (int shift = 0;; shift += 7) {
      const uint8_t byte = kWordBreakRuns[at++];
      run |= static_cast<uint32_t>(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    runs_.push_back(begin << 4 | (run & 15));
    begin += run >> 4;
  }
  for (uint32_t c = 0; c < ascii_.size(); ++c) {
    ascii_[c] = static_cast<WordBreak>(run(c) & 15);
    plain_[c] = isLetterOrDigit(ascii_[c]);
  }
}

uint32_t WordBreakClasses::run(char32_t c) const {
  return std::upper_bound(runs_.begin(), runs_.end(), static_cast<uint32_t>(c) << 4 | 15)[-1];
}

WordBreaker::Character WordBreaker::read(size_t offset) const {
  if (offset >= text_.size()) return {WordBreak::Other, offset};
  const auto byte = static_cast<uint8_t>(text_[offset]);
  if (byte < 0x80) return {classes_.of(byte), offset + 1};
  const DecodedCodePoint decoded = decodeUtf8(text_, offset);
  return {classes_.of(decoded.codePoint), offset + decoded.bytes};
}

size_t WordBreaker::skipExtend(size_t offset) const {
  for (;;) {
    const Character next = read(offset);
    if (next.kind != WordBreak::Extend) return offset;
    offset = next.end;
  }
}

// Rules WB6, WB7, WB7b, WB7c, WB11 and WB12: whether a word goes on after middle, with what.
bool WordBreaker::joinsAcross(WordBreak before, const Character& middle, Character& after) const {
  const bool both = middle.kind == WordBreak::MidNumLet || middle.kind == WordBreak::SingleQuote;
  const bool letters = isLetter(before) && (both || middle.kind == WordBreak::MidLetter);
  const bool digits = before == WordBreak::Numeric && (both || middle.kind == WordBreak::MidNum);
  const bool hebrew = before == WordBreak::Hebrew && middle.kind == WordBreak::DoubleQuote;
  if (!letters && !digits && !hebrew) return false;
  after = read(skipExtend(middle.end));
  if (hebrew) return after.kind == WordBreak::Hebrew;
  return letters ? isLetter(after.kind) : after.kind == WordBreak::Numeric;
}

// The end of the word whose first character is of this kind and ends at end. Rule WB4 by skipping.
size_t WordBreaker::wordEnd(WordBreak kind, size_t end, bool& wordLike) const {
  wordLike = kind != WordBreak::ExtendNumLet;
  for (;;) {
    // Most words are of these alone, which join each other; what comes after them must fit the last.
    if (isLetterOrDigit(kind)) {
      const size_t begin = end;
      while (end < text_.size() && classes_.isPlain(text_[end])) ++end;
      if (end > begin) kind = read(end - 1).kind;
    }
    end = skipExtend(end);
    Character next = read(end);
    if (!isWordPart(next.kind)) {
      const Character middle = next;
      if (!joinsAcross(kind, middle, next)) {
        const bool geresh = kind == WordBreak::Hebrew && middle.kind == WordBreak::SingleQuote;
        return geresh ? skipExtend(middle.end) : end;  // WB7a
      }
    } else if (!joins(kind, next.kind)) {
      return end;
    }
    kind = next.kind;
    end = next.end;
    wordLike |= kind != WordBreak::ExtendNumLet;
  }
}

bool WordBreaker::next(WordSpan& word) {
  while (offset_ < text_.size()) {
    const Character first = read(offset_);
    word.begin = offset_;
    offset_ = first.end;
    word.unspaced = first.kind == WordBreak::Unspaced;
    bool wordLike = word.unspaced;
    if (word.unspaced) {
      offset_ = skipExtend(offset_);
    } else if (isWordPart(first.kind)) {
      offset_ = wordEnd(first.kind, offset_, wordLike);
    }
    word.end = offset_;
    if (wordLike) return true;
  }
  return false;
}

}  // namespace pagevec
