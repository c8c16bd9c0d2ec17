#pragma once

#include <memory>

#include "base/status.h"
#include "text/byte_pairs.h"
#include "text/tokenizer.h"

namespace pagevec {

/// What vocab.json and merges.txt of a CLIP model say, in token ids.
struct ClipModel {
  int32_t beginOfText = -1;  ///< <|startoftext|>
  int32_t endOfText = -1;    ///< <|endoftext|>
  BytePairModel pairs;
};

/// CLIP's tokenizer: lower case, CLIP's splitting pattern, byte-pair encoding with a mark at a word's
/// end, between <|startoftext|> and <|endoftext|>. Ids are those of Hugging Face tokenizers 0.23 on
/// CLIPTokenizerFast for text in Unicode normalization form C, which CLIP puts first: the caller
/// brings the text into it (String.normalize in JavaScript), as this core has no table for it; nor
/// has it a JSON reader for vocabularies. Special tokens written in the text are recognized, in any
/// case. InvalidArgument when an id is not below model.pairs.size; LimitExceeded above 2^20 merges.
/// Everything is copied.
Result<std::unique_ptr<Tokenizer>> makeClipTokenizer(const ClipModel& model);

}  // namespace pagevec
