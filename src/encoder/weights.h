#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "encoder/config.h"

namespace pagevec {

/// Outputs side by side in a panel, the unit that kernels multiply with.
constexpr uint32_t kPanelRows = 8;
/// Inputs that lie next to each other for one output of a panel.
constexpr uint32_t kPanelStep = 4;

/// The few input channels of a linear layer whose values are so large that they would spoil the
/// quantization of the others: 8-bit activations keep them in f32.
constexpr uint32_t kMaxOutliers = 4;
constexpr uint32_t kNoChannel = 0xFFFFFFFF;

/// y = W x + b, W of rows x columns as 8-bit cells: W[n][k] = scale[n] * (q + 0.5 - zero[n]) for
/// q = 0..255. The value is the cell's middle, so q >> 1 is the best 7-bit cell of the same weight,
/// of twice the size: one file serves both kernels. All pointers are into the model file.
///
/// Order of the bytes: panels of 8 outputs; within one, steps of 4 inputs; within one, the 4 bytes
/// of each output: panels[(n / 8 * columns / 4 + k / 4) * 32 + n % 8 * 4 + k % 4].
struct LinearWeights {
  uint32_t rows = 0;
  uint32_t columns = 0;
  uint8_t* panels = nullptr;
  const float* scale = nullptr;
  const float* zero = nullptr;
  const float* bias = nullptr;         ///< for all eight bits
  const float* upperBias = nullptr;    ///< for the upper seven
  const uint32_t* outliers = nullptr;  ///< kMaxOutliers input channels, unused ones kNoChannel
};

/// Where W[n][k] lies in the panels.
inline size_t panelOffset(size_t n, size_t k, size_t columns) {
  const size_t step = n / kPanelRows * (columns / kPanelStep) + k / kPanelStep;
  return (step * kPanelRows + n % kPanelRows) * kPanelStep + k % kPanelStep;
}

struct LayerNormWeights {
  const float* gain = nullptr;
  const float* bias = nullptr;
};

/// Rows of hidden int8 values with one scale a row.
struct EmbeddingTable {
  uint32_t rows = 0;
  const int8_t* values = nullptr;
  const float* scale = nullptr;
};

struct LayerWeights {
  LinearWeights qkv;  ///< query, key and value side by side: 3 x hidden outputs
  LinearWeights attentionOut;
  LayerNormWeights attentionNorm;
  LinearWeights up;    ///< hidden -> intermediate, then GELU
  LinearWeights down;  ///< intermediate -> hidden
  LayerNormWeights outputNorm;
};

/// logits = C tanh(P x + p) + c, x the first token's output (BertForSequenceClassification of Hugging
/// Face transformers). In f32: it runs once a text.
struct HeadWeights {
  const float* pooler = nullptr;          ///< P, hidden x hidden
  const float* poolerBias = nullptr;      ///< p
  const float* classifier = nullptr;      ///< C, labels x hidden
  const float* classifierBias = nullptr;  ///< c
};

/// Views of a model's weights. The bytes belong to whoever loaded the file.
struct EncoderWeights {
  EncoderConfig config;
  EmbeddingTable word;
  EmbeddingTable position;
  const float* tokenType = nullptr;  ///< in f32: its error would be the same in every token
  LayerNormWeights embeddingNorm;
  std::vector<LayerWeights> layers;
  HeadWeights head;  ///< where config.labels is not 0
};

}  // namespace pagevec
