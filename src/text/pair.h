#pragma once

#include "text/tokenizer.h"

namespace pagevec {

/// Two texts as one input: [CLS] first [SEP] second [SEP].
struct PairEncoding {
  std::vector<int32_t> ids;
  uint32_t secondBegin = 0;  ///< from here on the token type is 1
  bool truncated = false;    ///< tokens were dropped to stay within maxTokens
};

/// Joins two encodings of BertTokenizer, made without a limit, into at most maxTokens ids, which
/// must be at least 3. What is too long is cut from the end of the longer text, then of both alike:
/// the "longest_first" of Hugging Face tokenizers 0.23, which Sentence Transformers' cross-encoders
/// use.
void joinPair(const Encoding& first, const Encoding& second, size_t maxTokens, PairEncoding& out);

}  // namespace pagevec
