#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "encoder/attention.h"
#include "encoder/functions.h"
#include "encoder/kernels.h"
#include "encoder/linear.h"
#include "encoder/prepared.h"

namespace pagevec {

/// Rows that pass through the feed-forward layer together: their activations stay in the cache.
constexpr size_t kFeedForwardRows = 96;

/// Quantized rows and their memory.
template <class Activation>
struct ActivationBuffer {
  std::vector<Activation> values;
  std::vector<RowFactors> factors;
  std::vector<float> outliers;

  ActivationRows<Activation> rows(size_t count, size_t columns) {
    values.resize(std::max(values.size(), count * columns));
    factors.resize(std::max(factors.size(), count));
    outliers.resize(std::max(outliers.size(), count * kMaxOutliers));
    return {values.data(), factors.data(), outliers.data()};
  }
};

/// The forward pass (Devlin et al. 2018: LayerNorm after each sublayer) over texts that lie one
/// after another without padding. Arithmetic is the kernel: lanes, scheme and products. A token's
/// numbers depend on its text alone.
template <class Arithmetic>
class Forward {
  using Lanes = typename Arithmetic::Lanes;
  using Activation = typename Arithmetic::Activation;
  static constexpr bool kBytes = Arithmetic::kScheme == Scheme::Byte;
  static constexpr float kGeluScale = kBytes ? kGeluScaleByte : kGeluScaleShort;

 public:
  explicit Forward(const PreparedModel& model)
      : model_(model), config_(model.weights.config), attention_(config_) {}

  /// out: one vector of config.hidden floats a text.
  void run(const TokenBatch& texts, float* out) {
    const std::span<const uint32_t> lengths = texts.lengths;
    tokens_ = texts.ids.size();
    x_.resize(tokens_ * config_.hidden);
    embed(texts);
    for (size_t i = 0; i < model_.layers.size(); ++i) {
      const PreparedLayer& layer = model_.layers[i];
      attend(layer, lengths);
      normalizeRows(layer.attentionNorm);
      feedForward(layer);
      normalizeRows(layer.outputNorm);
    }
    size_t first = 0;
    for (const uint32_t length : lengths) {
      pool(x_.data() + first * config_.hidden, length, out);
      first += length;
      out += config_.hidden;
    }
  }

 private:
  float* row(size_t m) { return x_.data() + m * config_.hidden; }

  static void addTableRow(const EmbeddingTable& table, size_t index, size_t hidden, float* out) {
    const int8_t* values = table.values + index * hidden;
    const auto scale = Lanes::splat(table.scale[index]);
    for (size_t k = 0; k < hidden; k += 4) {
      const auto sum = Lanes::madd(Lanes::load(values + k), scale, Lanes::load(out + k));
      Lanes::store(out + k, sum);
    }
  }

  void embed(const TokenBatch& texts) {
    std::fill(x_.begin(), x_.end(), 0.0f);
    size_t m = 0;
    for (size_t i = 0; i < texts.lengths.size(); ++i) {
      const uint32_t length = texts.lengths[i];
      const uint32_t second = texts.secondBegins.empty() ? length : texts.secondBegins[i];
      for (uint32_t position = 0; position < length; ++position, ++m) {
        addTableRow(model_.weights.word, static_cast<size_t>(texts.ids[m]), config_.hidden, row(m));
        addTableRow(model_.weights.position, position, config_.hidden, row(m));
        addTableRow(model_.weights.tokenType, position < second ? 0 : 1, config_.hidden, row(m));
      }
    }
    normalizeRows(model_.weights.embeddingNorm);
  }

  void normalizeRows(const LayerNormWeights& norm) {
    for (size_t m = 0; m < tokens_; ++m) {
      layerNorm<Lanes>(row(m), config_.hidden, config_.layerNormEpsilon, norm);
    }
  }

  /// Quantizes rows of floats, of linear.columns each. They are unchanged afterwards.
  ActivationRows<Activation> quantizeRows(const PreparedLinear& linear, float* rows,
                                          float fixedScale) {
    const auto out = activations_.rows(tokens_, linear.columns);
    for (size_t m = 0; m < tokens_; ++m) {
      float* values = rows + m * linear.columns;
      float* outliers = out.outliers + m * kMaxOutliers;
      Activation* target = out.values + m * linear.columns;
      if constexpr (kBytes) {
        takeOutliers(linear, values, 1, outliers);
        out.factors[m] = quantizeToBytes<Lanes>(values, linear.columns, 1, target);
        restoreOutliers(linear, values, outliers);
      } else {
        out.factors[m] = quantizeToShorts<Lanes>(values, linear.columns, fixedScale, target);
      }
    }
    return out;
  }

  void attend(const PreparedLayer& layer, std::span<const uint32_t> lengths) {
    const size_t width = 3 * config_.hidden;
    qkv_.resize(tokens_ * width);
    context_.resize(tokens_ * config_.hidden);
    const auto limit = Lanes::splat(std::min(32767.0f, largestQueryOrKey(config_.headSize())));
    const auto minusLimit = Lanes::mul(limit, Lanes::splat(-1));
    const auto in = quantizeRows(layer.qkv, x_.data(), kNormScale);
    multiplyLinear<Arithmetic>(layer.qkv, in, tokens_, [&](size_t m, size_t n, auto y) {
      const float scale = n < 2 * config_.hidden ? kQueryKeyScale : kValueScale;
      const auto scaled = Lanes::mul(y, Lanes::splat(scale));
      Lanes::store(qkv_.data() + m * width + n,
                   Lanes::round(Lanes::max(Lanes::min(scaled, limit), minusLimit)));
    });
    size_t first = 0;
    for (const uint32_t length : lengths) {
      attention_.run(qkv_.data() + first * width, length, context_.data() + first * config_.hidden);
      first += length;
    }
    const auto context = quantizeRows(layer.attentionOut, context_.data(), kContextScale);
    addTo(layer.attentionOut, context, 0, tokens_);
  }

  /// x += W a + b for the rows from first on.
  void addTo(const PreparedLinear& linear, const ActivationRows<Activation>& in, size_t first,
             size_t rows) {
    multiplyLinear<Arithmetic>(linear, in, rows, [&](size_t m, size_t n, auto y) {
      float* residual = row(first + m) + n;
      Lanes::store(residual, Lanes::add(y, Lanes::load(residual)));
    });
  }

  void feedForward(const PreparedLayer& layer) {
    const auto all = quantizeRows(layer.up, x_.data(), kNormScale);
    for (size_t first = 0; first < tokens_; first += kFeedForwardRows) {
      const size_t rows = std::min(kFeedForwardRows, tokens_ - first);
      const ActivationRows<Activation> in{all.values + first * config_.hidden, all.factors + first,
                                          all.outliers + first * kMaxOutliers};
      gelu_.resize(std::max(gelu_.size(), rows * config_.intermediate));
      activate(layer.up, in, rows, layer.down.columns);
      addTo(layer.down, quantizeGelu(layer.down, rows), first, rows);
    }
  }

  /// gelu_ = GELU(W a + b) in fixed point.
  void activate(const PreparedLinear& up, const ActivationRows<Activation>& in, size_t rows,
                size_t columns) {
    const auto limit = Lanes::splat(kBytes ? 32767 : largestShort(columns));
    multiplyLinear<Arithmetic>(up, in, rows, [&](size_t m, size_t n, auto y) {
      const auto scaled = Lanes::mul(gelu<Lanes>(y), Lanes::splat(kGeluScale));
      Lanes::store(gelu_.data() + m * columns + n, Lanes::round(Lanes::min(scaled, limit)));
    });
  }

  ActivationRows<Activation> quantizeGelu(const PreparedLinear& down, size_t rows) {
    const auto out = hidden_.rows(rows, kBytes ? down.columns : 0);
    for (size_t m = 0; m < rows; ++m) {
      int16_t* values = gelu_.data() + m * down.columns;
      if constexpr (kBytes) {
        takeOutliers(down, values, 1 / kGeluScale, out.outliers + m * kMaxOutliers);
        out.factors[m] = quantizeToBytes<Lanes>(values, down.columns, 1 / kGeluScale,
                                                out.values + m * down.columns);
      } else {
        out.factors[m] = factorsOfShorts<Lanes>(values, down.columns, kGeluScale);
      }
    }
    if constexpr (kBytes) {
      return out;
    } else {
      return {gelu_.data(), out.factors, out.outliers};
    }
  }

  void pool(const float* tokens, size_t length, float* out) const {
    const size_t hidden = config_.hidden;
    const size_t pooled = config_.pooling == Pooling::Mean ? length : 1;
    const auto share = Lanes::splat(1 / static_cast<float>(pooled));
    auto squares = Lanes::splat(0);
    for (size_t k = 0; k < hidden; k += 4) {
      auto sum = Lanes::load(tokens + k);
      for (size_t t = 1; t < pooled; ++t) {
        sum = Lanes::add(sum, Lanes::load(tokens + t * hidden + k));
      }
      const auto mean = Lanes::mul(sum, share);
      squares = Lanes::madd(mean, mean, squares);
      Lanes::store(out + k, mean);
    }
    const float square = Lanes::sum(squares);
    if (!config_.normalize || square == 0) return;
    const auto scale = Lanes::splat(1 / std::sqrt(square));
    for (size_t k = 0; k < hidden; k += 4) {
      Lanes::store(out + k, Lanes::mul(Lanes::load(out + k), scale));
    }
  }

  const PreparedModel& model_;
  const EncoderConfig& config_;
  Attention<Arithmetic> attention_;
  size_t tokens_ = 0;
  std::vector<float> x_;  // the residual stream, tokens x hidden
  std::vector<int16_t> qkv_;
  std::vector<float> context_;
  std::vector<int16_t> gelu_;  // kFeedForwardRows x intermediate
  ActivationBuffer<Activation> activations_;
  ActivationBuffer<Activation> hidden_;
};

}  // namespace pagevec
