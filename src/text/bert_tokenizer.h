#pragma once

#include <memory>
#include <string_view>

#include "base/status.h"
#include "text/tokenizer.h"

namespace pagevec {

struct BertOptions {
  bool lowercase = true;  ///< uncased models: lower-case and strip accents
};

/// The BERT tokenizer of MiniLM, bge, e5 and gte: BertNormalizer, BertPreTokenizer and WordPiece as
/// Hugging Face tokenizers 0.23 defines them, special tokens written in the text included.
/// vocabulary: vocab.txt, one token a line (LF or CRLF), the line number is the id; it must hold
/// [CLS], [SEP] and [UNK]. InvalidArgument when one is missing, a token stands twice, or the file
/// is no UTF-8; LimitExceeded above 2^20 lines or 16 MiB. It is copied: the bytes need not stay.
Result<std::unique_ptr<Tokenizer>> makeBertTokenizer(std::string_view vocabulary,
                                                     const BertOptions& options = {});

}  // namespace pagevec
