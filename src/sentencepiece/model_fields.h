#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace pagevec {

// Several times what the largest published models have (XLM-V: 901,629 pieces, 18 MB).
constexpr size_t kMaxModelBytes = size_t{32} << 20;
constexpr size_t kMaxModelPieces = size_t{1} << 20;
constexpr size_t kMaxPieceBytes = 1024;

/// Numbers as in sentencepiece_model.proto.
enum class PieceType : uint8_t {
  Normal = 1,
  Unknown = 2,
  Control = 3,
  UserDefined = 4,
  Unused = 5,
  Byte = 6,
};

struct ModelPiece {
  std::string_view text;
  float score = 0;
  PieceType type = PieceType::Normal;
};

enum class ModelType : uint8_t { Unigram = 1, Bpe = 2 };

/// What tokenizing needs of a sentencepiece model. The views are of the file's bytes.
struct ModelFields {
  ModelType type = ModelType::Unigram;
  std::vector<ModelPiece> pieces;  ///< the index is the id
  bool byteFallback = false;       ///< unknown characters become pieces of type Byte
  bool whitespaceIsSuffix = false;
  bool addDummyPrefix = true;
  bool removeExtraWhitespaces = true;
  bool escapeWhitespaces = true;
  std::string_view charsMap;  ///< normalization rules, see chars_map.h; empty: none
};

/// Reads a .model file and checks all that the library takes for granted: afterwards no text can
/// make it read outside its tables, stop, or take more than linear memory. Corrupt for what is no
/// such file or contradicts itself; LimitExceeded above the limits here and in chars_map.h;
/// InvalidArgument for a model that is neither Unigram nor BPE.
Result<ModelFields> readModelFields(std::string_view file);

}  // namespace pagevec
