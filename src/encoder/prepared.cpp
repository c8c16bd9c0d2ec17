#include "encoder/prepared.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace pagevec {
namespace {

constexpr size_t kStepBytes = kPanelRows * kPanelStep;

/// The real value of the file's cell q in row n.
float weightOf(const LinearWeights& linear, uint32_t n, uint8_t q) {
  return linear.scale[n] * (static_cast<float>(q) + 0.5f - linear.zero[n]);
}

/// The terms of all outputs, one kind after another.
using TermLists = std::vector<std::vector<float>>;

/// Columns that stay f32, with their weights in all 8 bits.
void takeOutliers(const LinearWeights& linear, PreparedLinear& out, TermLists& terms) {
  for (uint32_t i = 0; i < kMaxOutliers; ++i) {
    const uint32_t k = linear.outliers[i];
    const auto seen = std::find(out.outliers.begin(), out.outliers.end(), k);
    if (k == kNoChannel || seen != out.outliers.end()) continue;
    out.outliers.push_back(k);
    std::vector<float>& weights = terms.emplace_back();
    for (uint32_t n = 0; n < linear.rows; ++n) {
      weights.push_back(weightOf(linear, n, linear.panels[panelOffset(n, k, linear.columns)]));
    }
  }
}

/// Panel by panel: the order in which kernels read them.
void setTerms(const TermLists& terms, PreparedLinear& out) {
  out.factors = static_cast<uint32_t>(terms.size()) - 1;
  for (uint32_t n = 0; n < out.rows; n += kPanelRows) {
    for (const std::vector<float>& values : terms) {
      out.terms.insert(out.terms.end(), values.begin() + n, values.begin() + n + kPanelRows);
    }
  }
}

/// 0..255 -> 0..127: the upper seven bits.
void toSevenBits(uint8_t* step) {
  for (size_t i = 0; i < kStepBytes; ++i) step[i] >>= 1;
}

/// 0..255 -> int8, and the four inputs of an output apart into two pairs.
void toPairs(uint8_t* step) {
  uint8_t source[kStepBytes];
  std::memcpy(source, step, kStepBytes);
  for (size_t n = 0; n < kPanelRows; ++n) {
    for (size_t k = 0; k < kPanelStep; ++k) {
      step[k / 2 * 2 * kPanelRows + 2 * n + k % 2] = source[n * kPanelStep + k] ^ 0x80;
    }
  }
}

/// Sums of each row's stored cells.
std::vector<uint32_t> cellSums(const PreparedLinear& linear) {
  std::vector<uint32_t> sums(linear.rows);
  const size_t steps = linear.columns / kPanelStep;
  for (size_t n = 0; n < linear.rows; ++n) {
    for (size_t step = 0; step < steps; ++step) {
      const uint8_t* cells = linear.panels + (n / kPanelRows * steps + step) * kStepBytes +
                             n % kPanelRows * kPanelStep;
      for (size_t k = 0; k < kPanelStep; ++k) sums[n] += cells[k];
    }
  }
  return sums;
}

PreparedLinear prepareBytes(const LinearWeights& linear, PreparedLinear out) {
  TermLists outliers;
  takeOutliers(linear, out, outliers);
  const size_t bytes = size_t{linear.rows} * linear.columns;
  for (size_t at = 0; at < bytes; at += kStepBytes) toSevenBits(linear.panels + at);
  const std::vector<uint32_t> sums = cellSums(out);
  std::vector<float> scales, corrections, weightSums;
  for (uint32_t n = 0; n < linear.rows; ++n) {
    // Cells of twice the size: scale (2 q7 + 1 - zero) = 2 scale (q7 + 0.5 - zero / 2).
    const float scale = 2 * linear.scale[n];
    const float zero = linear.zero[n] / 2 - 0.5f;
    const float columns = static_cast<float>(linear.columns);
    scales.push_back(scale);
    corrections.push_back(scale * zero);
    weightSums.push_back(scale * (static_cast<float>(sums[n]) - columns * zero));
  }
  TermLists terms = {
      scales, {linear.upperBias, linear.upperBias + linear.rows}, corrections, weightSums};
  terms.insert(terms.end(), outliers.begin(), outliers.end());
  setTerms(terms, out);
  return out;
}

PreparedLinear prepareShorts(const LinearWeights& linear, PreparedLinear out) {
  const size_t bytes = size_t{linear.rows} * linear.columns;
  for (size_t at = 0; at < bytes; at += kStepBytes) toPairs(linear.panels + at);
  std::vector<float> scales, corrections;
  for (uint32_t n = 0; n < linear.rows; ++n) {
    // q8 = q + 128: scale (q + 128.5 - zero).
    scales.push_back(linear.scale[n]);
    corrections.push_back(linear.scale[n] * (linear.zero[n] - 128.5f));
  }
  setTerms({scales, {linear.bias, linear.bias + linear.rows}, corrections}, out);
  return out;
}

PreparedLinear prepareLinear(const LinearWeights& linear, Scheme scheme) {
  PreparedLinear out;
  out.rows = linear.rows;
  out.columns = linear.columns;
  out.panels = linear.panels;
  return scheme == Scheme::Byte ? prepareBytes(linear, std::move(out))
                                : prepareShorts(linear, std::move(out));
}

}  // namespace

PreparedModel prepareModel(EncoderWeights weights, Scheme scheme) {
  PreparedModel model{.scheme = scheme, .weights = std::move(weights), .layers = {}};
  for (const LayerWeights& layer : model.weights.layers) {
    model.layers.push_back({prepareLinear(layer.qkv, scheme),
                            prepareLinear(layer.attentionOut, scheme), layer.attentionNorm,
                            prepareLinear(layer.up, scheme), prepareLinear(layer.down, scheme),
                            layer.outputNorm});
  }
  return model;
}

}  // namespace pagevec
