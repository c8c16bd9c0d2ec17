#pragma once

#include <cstdint>
#include <vector>

#include "encoder/weights.h"

namespace pagevec {

/// How a kernel multiplies.
enum class Scheme : uint8_t {
  /// int16 fixed-point activations, int8 weights in pairs of inputs (i32x4.dot_i16x8).
  Short = 0,
  /// int8 activations quantized per token, weights 0..127 in steps of four inputs (relaxed dot).
  Byte = 1,
};

/// A linear layer ready for one scheme. With qa = a / scale_m + zero_m for the activations:
///   y[m][n] = scale_m * (scale[n] * (sum of qa * qw) - correction[n] * (sum of qa)
///                        - zero_m * weightSum[n]) + bias[n] + outliers
/// correction is scale times the zero point, weightSum the sum of the row's real weights.
struct PreparedLinear {
  uint32_t rows = 0;
  uint32_t columns = 0;
  const uint8_t* panels = nullptr;
  const float* bias = nullptr;
  std::vector<float> scale;
  std::vector<float> correction;
  std::vector<float> weightSum;
  std::vector<uint32_t> outliers;     ///< input channels that stay f32 (Byte)
  std::vector<float> outlierWeights;  ///< outliers x rows
};

struct PreparedLayer {
  PreparedLinear qkv;
  PreparedLinear attentionOut;
  LayerNormWeights attentionNorm;
  PreparedLinear up;
  PreparedLinear down;
  LayerNormWeights outputNorm;
};

struct PreparedModel {
  Scheme scheme = Scheme::Short;
  EncoderWeights weights;  ///< its panels are in the scheme's order now
  std::vector<PreparedLayer> layers;
};

/// Rearranges the panels in place, which costs no memory: a step of four inputs stays in its 32
/// bytes.
PreparedModel prepareModel(EncoderWeights weights, Scheme scheme);

}  // namespace pagevec
