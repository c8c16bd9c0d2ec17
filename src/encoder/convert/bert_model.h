#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "encoder/convert/float_model.h"

namespace pagevec {

/// What a file of weights does not say about a BERT model.
struct ModelOptions {
  uint32_t heads = 0;
  uint32_t maxTokens = 0;
  Pooling pooling = Pooling::Mean;
  bool normalize = true;
  bool lowercase = true;
  float layerNormEpsilon = 1e-12f;
  /// With the classification head of BertForSequenceClassification (a cross-encoder). Takes
  /// Pooling::Cls without normalization.
  bool classifier = false;
};

/// The BERT encoder of a safetensors or an ONNX file in F32, told apart by their first bytes; names
/// may begin with "bert.". InvalidArgument names the tensor that is missing or has another shape, or
/// says what the kernels do not take.
Result<FloatModel> readBertModel(ByteView file, const ModelOptions& options);

}  // namespace pagevec
