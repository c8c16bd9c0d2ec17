#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pagevec {

/// Where a token lies in the text, in Unicode code points: [begin, end). Special tokens are [0, 0).
struct TokenOffset {
  uint32_t begin;
  uint32_t end;
};

/// What one text becomes. ids and offsets have the same length. Reuse one object over many calls:
/// encode() clears it but keeps the capacity.
struct Encoding {
  std::vector<int32_t> ids;
  std::vector<TokenOffset> offsets;
  bool truncated = false;  ///< tokens were dropped to stay within maxTokens
};

/// Text to token ids. Implementations are immutable after construction.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Tokenizes UTF-8 text (invalid bytes count as U+FFFD) into at most maxTokens ids, special tokens
  /// included; 0 means no limit. A limit too small for the special tokens gives just those.
  virtual void encode(std::string_view text, size_t maxTokens, Encoding& out) const = 0;

  /// How many ids encode() gives without a limit, special tokens included.
  virtual size_t count(std::string_view text) const = 0;

  virtual size_t vocabularySize() const = 0;
};

}  // namespace pagevec
