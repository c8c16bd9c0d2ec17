#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "text/byte_trie.h"

namespace pagevec {

constexpr size_t kMaxVocabularyLines = size_t{1} << 20;
constexpr size_t kMaxVocabularyBytes = size_t{16} << 20;

/// A word is [UNK] above this many code points (WordPiece's max_input_chars_per_word).
constexpr size_t kMaxWordCodePoints = 100;
constexpr size_t kMaxWordBytes = 4 * kMaxWordCodePoints;

/// The tokens of a vocab.txt, the line number being the id. A token that begins with "##" continues
/// a word, any other one begins it.
class Vocabulary {
 public:
  /// One token a line, LF or CRLF. InvalidArgument when a token stands twice or the file is no
  /// UTF-8; LimitExceeded above kMaxVocabularyLines or kMaxVocabularyBytes.
  static Result<Vocabulary> parse(std::string_view text);

  size_t size() const { return size_; }

  /// The id of a token that begins a word, e.g. "[CLS]"; -1 when there is none.
  int32_t find(std::string_view token) const;

  /// The longest token that `text` begins with, at a word's beginning or within it (without the
  /// "##"). Every byte of text is read through fold.
  ByteTrie::Match longestStart(std::string_view text, const ByteMap& fold) const {
    return trie_.longestPrefix(0, text, fold);
  }
  ByteTrie::Match longestContinuation(std::string_view text, const ByteMap& fold) const {
    return trie_.longestPrefix(1, text, fold);
  }

 private:
  Vocabulary() = default;

  ByteTrie trie_;
  size_t size_ = 0;
};

}  // namespace pagevec
