#pragma once

#include <cstdint>
#include <vector>

#include "encoder/weights.h"

namespace pagevec {

/// y = W x + b in f32, W row by row: rows outputs x columns inputs.
struct FloatLinear {
  uint32_t rows = 0;
  uint32_t columns = 0;
  std::vector<float> weights;
  std::vector<float> bias;
};

struct FloatNorm {
  std::vector<float> gain;
  std::vector<float> bias;
};

struct FloatLayer {
  FloatLinear qkv;
  FloatLinear attentionOut;
  FloatNorm attentionNorm;
  FloatLinear up;
  FloatLinear down;
  FloatNorm outputNorm;
};

/// See HeadWeights.
struct FloatHead {
  FloatLinear pooler;
  FloatLinear classifier;
};

/// An encoder in full precision: what a conversion reads, and what the reference computes with.
struct FloatModel {
  EncoderConfig config;
  std::vector<float> word;
  std::vector<float> position;
  std::vector<float> tokenType;
  FloatNorm embeddingNorm;
  std::vector<FloatLayer> layers;
  FloatHead head;  ///< where config.labels is not 0
};

/// The real values of quantized weights, in the file's order (not rearranged for a kernel).
FloatModel floatModelOf(const EncoderWeights& weights);

}  // namespace pagevec
