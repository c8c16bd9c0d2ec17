#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "encoder/convert/float_model.h"

namespace pagevec {

/// A tensor of 32-bit floats in a safetensors file.
struct Tensor {
  std::vector<uint64_t> shape;
  ByteView bytes;
};

/// Reads a safetensors file (u64 header length, JSON header, data). Tensors of other types than F32
/// are left out. InvalidArgument when the header is no such JSON or a tensor lies outside the data.
/// The views are into the file.
Result<std::map<std::string, Tensor>> readSafetensors(ByteView file);

/// What a safetensors file does not say about a BERT model.
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

/// The BERT encoder of a safetensors file; names may begin with "bert.". InvalidArgument names the
/// tensor that is missing or has another shape, or says what the kernels do not take.
Result<FloatModel> readBertModel(ByteView file, const ModelOptions& options);

}  // namespace pagevec
