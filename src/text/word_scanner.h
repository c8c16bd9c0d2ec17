#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "text/byte_trie.h"
#include "text/unicode.h"
#include "text/vocabulary.h"

namespace pagevec {

/// A token that is matched in the text as it was written, e.g. "[SEP]". It begins with "[".
struct SpecialToken {
  std::string_view content;
  int32_t id;
};

/// What a scanner looks up per byte and per code point, made once per tokenizer.
struct ScanRules {
  explicit ScanRules(bool lowercase);

  /// The class of c in this model: a cased one maps nothing and keeps every mark.
  CharClass classOf(char32_t c) const { return effective[static_cast<size_t>(charClass(c))]; }

  /// Of the bytes of ASCII characters. A byte of a longer UTF-8 sequence has kNotAscii.
  static constexpr uint8_t kNotAscii = 0xFF;
  std::array<uint8_t, 256> asciiClass;
  ByteMap fold;  ///< lower-cases ASCII if the model is uncased, and keeps all other bytes
  std::array<CharClass, kCharClasses> effective;
  std::vector<SpecialToken> specials;
};

/// One word of the normalized text, or one special token.
struct Word {
  std::string_view bytes;             ///< UTF-8, to be read through ScanRules::fold
  const uint32_t* sources = nullptr;  ///< per byte, its code point in the text; null: begin + byte
  uint32_t begin = 0;                 ///< code points of the text: [begin, end)
  uint32_t end = 0;
  int32_t special = -1;  ///< the id of a special token; bytes is empty then
  bool tooLong = false;  ///< above kMaxWordCodePoints; bytes holds only a part then
};

/// Normalizes a text and cuts it into words in one pass: BertNormalizer and BertPreTokenizer of
/// Hugging Face tokenizers. Words stay valid until the next read().
class WordScanner {
 public:
  WordScanner(std::string_view text, const ScanRules& rules) : text_(text), rules_(rules) {}

  /// Goes to the next word; false at the end of the text. Does not read the word.
  bool more();

  /// Reads the word that more() found.
  void read(Word& word);

 private:
  // A code point of a run of combining marks, in the order of the text.
  struct RunItem {
    char32_t codePoint;  // 0: dropped as an accent, but it counts for the order
    uint8_t combiningClass;
    bool inserted;  // not the first code point of a decomposition
    uint32_t source;
  };

  uint8_t byteAt(size_t offset) const { return static_cast<uint8_t>(text_[offset]); }
  CharClass asciiClassAt(size_t offset) const {
    return static_cast<CharClass>(rules_.asciiClass[byteAt(offset)]);
  }
  void advance(const DecodedCodePoint& decoded) {
    offset_ += decoded.bytes;
    ++position_;
  }

  bool readSpecial(Word& word);
  bool readAscii(Word& word);
  void readNormalized(Word& word);
  bool readCodePoint(const DecodedCodePoint& decoded, CharClass charClass);
  void appendMapping(char32_t c);
  void readSurvivorMapped(const DecodedCodePoint& decoded);
  bool skipMarks();
  void readMarks(std::vector<RunItem> run);
  void appendRun(std::vector<RunItem>& run);
  void append(char32_t c, uint32_t source);

  std::string_view text_;
  const ScanRules& rules_;
  size_t offset_ = 0;      // bytes
  uint32_t position_ = 0;  // code points

  // The word under construction. A word that grows too long is only counted on.
  uint32_t codePoints_ = 0;
  uint32_t firstSource_ = 0;
  uint32_t lastSource_ = 0;
  std::string bytes_;
  std::vector<uint32_t> sources_;
};

}  // namespace pagevec
