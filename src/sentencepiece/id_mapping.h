#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "sentencepiece/model_fields.h"

namespace pagevec {

/// How a network numbers the pieces of its model.
enum class IdMapping : uint8_t {
  Plain = 0,  ///< as the model file does; no special tokens are added
  XlmR = 1,  ///< XLM-RoBERTa and its kin: fairseq's <s>=0 <pad>=1 </s>=2 <unk>=3, others moved by 1
  T5 = 2,    ///< as the model file does, and </s> at the end
};

/// A mapping, worked out for one model.
struct IdScheme {
  static constexpr int32_t kNone = -1;

  /// A token that is found in the text as it was written. It begins with "<".
  struct Special {
    std::string content;
    int32_t id;
  };

  int32_t of(int32_t pieceId) const { return pieceId == unknownPiece ? unknown : pieceId + offset; }

  int32_t first = kNone;  ///< put before every text
  int32_t last = kNone;   ///< put behind every text
  int32_t offset = 0;
  int32_t unknownPiece = 0;
  int32_t unknown = 0;
  std::vector<Special> specials;
  size_t vocabularySize = 0;
};

/// InvalidArgument when the model has not the pieces that the mapping is about.
Result<IdScheme> makeIdScheme(const ModelFields& model, IdMapping mapping);

}  // namespace pagevec
