#pragma once

#include <cstdint>

#include "base/status.h"

namespace pagevec {

/// How token vectors become a text's vector: their mean, or the first token's.
enum class Pooling : uint32_t { Mean = 0, Cls = 1 };

/// The shape of a BERT-family encoder, and how a text's vector is made of its output.
struct EncoderConfig {
  uint32_t layers = 0;
  uint32_t hidden = 0;  ///< the dimension of the vectors
  uint32_t heads = 0;
  uint32_t intermediate = 0;  ///< the width of the feed-forward layer
  uint32_t vocabulary = 0;
  uint32_t positions = 0;   ///< rows of the position table
  uint32_t tokenTypes = 0;  ///< rows of the token type table
  uint32_t maxTokens = 0;   ///< where texts are cut; at most positions
  uint32_t labels = 0;      ///< outputs of the classification head; 0: it has none
  Pooling pooling = Pooling::Mean;
  bool normalize = true;  ///< vectors are scaled to length 1
  bool lowercase = true;  ///< of the tokenizer
  float layerNormEpsilon = 1e-12f;

  uint32_t headSize() const { return hidden / heads; }
  /// Floats that a text becomes: its vector, or its logits.
  uint32_t outputs() const { return labels != 0 ? labels : hidden; }
  bool operator==(const EncoderConfig&) const = default;
};

/// InvalidArgument for a shape that the kernels do not take: hidden and intermediate must be
/// multiples of 16, a head's size a multiple of 8; a classification head sees the first token as it
/// is (Pooling::Cls, not normalized); and no number may be absurd, so that the product of any two
/// fits 32 bits.
Status checkConfig(const EncoderConfig& config);

}  // namespace pagevec
