#pragma once

#include <array>
#include <cstdint>

namespace pagevec {

/// What the BERT tokenizer does with a code point of the original text. The numbers stand in
/// unicode_tables.inc. "Mapped" classes become what bertMapping() says in an uncased model.
enum class CharClass : uint8_t {
  Keep = 0,            ///< part of a word as it is
  Removed,             ///< control, format and private-use characters, U+0000 and U+FFFD
  Space,               ///< ends a word
  Punctuation,         ///< a word of its own
  Cjk,                 ///< an ideograph: a word of its own
  CjkMapped,           ///< a compatibility ideograph
  Mark,                ///< uncased: dropped, being non-spacing; cased: part of a word
  Mapped,              ///< uncased: becomes one to three other code points of the same word
  PunctuationMapped,   ///< a word of its own, and another one if uncased
  BecomesPunctuation,  ///< cased: part of a word; uncased: punctuation, as U+2260 becomes "="
  Hangul,              ///< a precomposed syllable
  Survivor,            ///< NFD may move it, but it is not dropped as an accent, e.g. U+302E
  SurvivorMapped,      ///< uncased: a starter, then survivors, e.g. U+1D15E
};
constexpr int kCharClasses = 13;

CharClass charClass(char32_t c);

struct Mapping {
  std::array<char32_t, 3> codePoints;
  uint8_t size;
};

/// NFD, then without non-spacing marks, then lower case: what an uncased model makes of a code
/// point of one of the mapped classes or of a Hangul syllable. Any other code point gives itself.
Mapping bertMapping(char32_t c);

/// The canonical combining class of the first code point of c's NFD; 0 for a starter.
uint8_t combiningClass(char32_t c);

}  // namespace pagevec
