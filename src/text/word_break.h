#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pagevec {

/// The classes of UAX #29 that bound words with letters or digits. The numbers stand in
/// word_break_table.inc.
enum class WordBreak : uint8_t {
  Other = 0,
  Letter,        ///< ALetter
  Hebrew,        ///< Hebrew_Letter
  Numeric,       ///<
  Katakana,      ///<
  ExtendNumLet,  ///< the underscore and its kin
  Extend,        ///< Extend, Format and ZWJ: belongs to the character before it
  Unspaced,      ///< a letter of a script without spaces: ideographs, Hiragana, Thai, Khmer, ...
  MidLetter,     ///< without the colon, as in CLDR
  MidNum,        ///<
  MidNumLet,     ///<
  SingleQuote,   ///<
  DoubleQuote,   ///<
};

/// The classes of all code points, unpacked from the table in the module: 5 KB.
class WordBreakClasses {
 public:
  WordBreakClasses();

  WordBreak of(char32_t c) const {
    return c < ascii_.size() ? ascii_[c] : static_cast<WordBreak>(run(c) & 15);
  }
  /// A letter or digit of ASCII, by its byte.
  bool isPlain(char byte) const { return plain_[static_cast<uint8_t>(byte)]; }

 private:
  uint32_t run(char32_t c) const;

  std::array<WordBreak, 128> ascii_;
  std::array<bool, 256> plain_{};
  std::vector<uint32_t> runs_;  // first code point * 16 + class, ascending
};

/// A word as it stands in the text: bytes [begin, end).
struct WordSpan {
  size_t begin = 0;
  size_t end = 0;
  bool unspaced = false;  ///< one letter of a script without spaces
};

/// Finds the words of a text (UTF-8; bytes that are none count as U+FFFD) by the default rules of
/// Unicode Standard Annex #29, revision 47, section 4.1. A word holds a letter, a digit or an
/// ideograph; what lies between words is passed over. Scripts without spaces need a dictionary for
/// words: as the annex has it, each of their letters is a word.
class WordBreaker {
 public:
  WordBreaker(std::string_view text, const WordBreakClasses& classes)
      : text_(text), classes_(classes) {}

  /// False at the end of the text.
  bool next(WordSpan& word);

 private:
  struct Character {
    WordBreak kind;
    size_t end;
  };

  Character read(size_t offset) const;
  size_t skipExtend(size_t offset) const;
  size_t wordEnd(WordBreak kind, size_t end, bool& wordLike) const;
  bool joinsAcross(WordBreak before, const Character& middle, Character& after) const;

  std::string_view text_;
  const WordBreakClasses& classes_;
  size_t offset_ = 0;
};

}  // namespace pagevec
