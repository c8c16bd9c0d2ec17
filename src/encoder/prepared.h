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

/// A linear layer ready for one scheme. With qa = a / scale_m + zero_m for the activations of row m,
/// and the zero points and sums of a's outlier channels left out:
///   y[m][n] = scale_m * (scale[n] * (sum of qa * qw) - correction[n] * (sum of qa)
///                        - zero_m * weightSum[n]) + bias[n] + outliers
/// correction is scale times the zero point, weightSum the sum of the output's real weights. So an
/// output is a sum of products of the row's factors with terms:
///   factors: scale_m, -scale_m * (sum of qa), and in Scheme::Byte -scale_m * zero_m and outliers
///   terms: scale, bias, correction, and in Scheme::Byte weightSum and the outliers' weights
struct PreparedLinear {
  uint32_t rows = 0;
  uint32_t columns = 0;
  const uint8_t* panels = nullptr;
  uint32_t factors = 0;            ///< how many a row has
  std::vector<float> terms;        ///< panels x (factors + 1) x kPanelRows
  std::vector<uint32_t> outliers;  ///< input channels that stay f32 (Byte)

  /// Floats in the terms of a panel.
  size_t panelTerms() const { return (size_t{factors} + 1) * kPanelRows; }
};

/// The most factors a row can have.
constexpr size_t kMaxFactors = 3 + kMaxOutliers;

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
