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

/// The forward pass (Devlin et al. 2018: LayerNorm after each sublayer) over texts that lie one
/// after another without padding. Arithmetic is the kernel: lanes, scheme and products. A token's
/// numbers depend on its text alone.
template <class Arithmetic>
class Forward {
  using Lanes = typename Arithmetic::Lanes;
  using Floats = typename Lanes::Floats;
  using Ints = typename Lanes::Ints;
  using Dot = typename Arithmetic::Dot;
  using Cell = typename Dot::Cell;
  static constexpr bool kBytes = Arithmetic::kScheme == Scheme::Byte;
  static constexpr float kGeluScale = kBytes ? kGeluScaleByte : kGeluScaleShort;

 public:
  Forward(const PreparedModel& model, bool byTwin)
      : model_(model),
        config_(model.weights.config),
        attention_(config_, kQueryKeyScale, kValueScale),
        multiplier_(byTwin) {}

  /// out: one vector of config.hidden floats a text.
  void run(const TokenBatch& texts, float* out) {
    const std::span<const uint32_t> lengths = texts.lengths;
    tokens_ = texts.ids.size();
    x_.resize(tokens_ * config_.hidden);
    embed(texts);
    for (const PreparedLayer& layer : model_.layers) {
      attend(layer, lengths);
      if (&layer == &model_.layers.back()) keepPooled(lengths);
      addContext(layer);
      normalizeRows(layer.attentionNorm);
      feedForward(layer);
      normalizeRows(layer.outputNorm);
    }
    size_t first = 0;
    for (const uint32_t length : lengths) {
      const size_t pooled = pooledOf(length);
      pool(row(first), pooled, out);
      first += pooled;
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

  /// How many of a text's tokens are pooled, from the first on.
  size_t pooledOf(size_t length) const { return config_.pooling == Pooling::Mean ? length : 1; }

  /// Leaves out the rows that are not pooled: nothing looks at them behind the last attention.
  void keepPooled(std::span<const uint32_t> lengths) {
    const size_t hidden = config_.hidden;
    size_t from = 0;
    size_t to = 0;
    for (const uint32_t length : lengths) {
      const size_t pooled = pooledOf(length);
      if (from != to) {
        std::copy_n(row(from), pooled * hidden, row(to));
        std::copy_n(context_.data() + from * hidden, pooled * hidden,
                    context_.data() + to * hidden);
      }
      from += length;
      to += pooled;
    }
    tokens_ = to;
  }

  void embed(const TokenBatch& texts) {
    size_t m = 0;
    for (size_t i = 0; i < texts.lengths.size(); ++i) {
      const uint32_t length = texts.lengths[i];
      const uint32_t second = texts.secondBegins.empty() ? length : texts.secondBegins[i];
      for (uint32_t position = 0; position < length; ++position, ++m) {
        const float* type = model_.weights.tokenType + (position < second ? 0 : config_.hidden);
        std::copy_n(type, config_.hidden, row(m));
        addTableRow(model_.weights.word, static_cast<size_t>(texts.ids[m]), config_.hidden, row(m));
        addTableRow(model_.weights.position, position, config_.hidden, row(m));
      }
    }
    normalizeRows(model_.weights.embeddingNorm);
  }

  void normalizeRows(const LayerNormWeights& norm) {
    for (size_t m = 0; m < tokens_; ++m) {
      layerNorm<Lanes>(row(m), config_.hidden, config_.layerNormEpsilon, norm);
    }
  }

  /// Quantizes rows of linear.columns floats. They are unchanged afterwards.
  TiledRows<Cell> quantizeRows(const PreparedLinear& linear, float* rows, size_t count,
                               float fixedScale) {
    const auto out = activations_.rows(count, linear.columns);
    forEachTileOf<Dot>(count, [&](RowTile tile) {
      for (size_t r = 0; r < tile.count; ++r) {
        float* values = rows + (tile.first + r) * linear.columns;
        const auto target = out.row(tile, r, linear.columns);
        if constexpr (kBytes) {
          takeOutliers(linear, values, 1, target);
          quantizeToBytes<Lanes>(values, linear.columns, target);
          restoreOutliers(linear, values, target);
        } else {
          quantizeToShorts<Lanes>(values, linear.columns, fixedScale, target);
        }
      }
    });
    return out;
  }

  /// context_ = the heads' outputs.
  void attend(const PreparedLayer& layer, std::span<const uint32_t> lengths) {
    const size_t width = 3 * config_.hidden;
    qkv_.resize(tokens_ * width);
    context_.resize(tokens_ * config_.hidden);
    project(layer.qkv, width);
    size_t first = 0;
    for (const uint32_t length : lengths) {
      attention_.run(qkv_.data() + first * width, length, context_.data() + first * config_.hidden);
      first += length;
    }
  }

  void addContext(const PreparedLayer& layer) {
    const auto context = quantizeRows(layer.attentionOut, context_.data(), tokens_, kContextScale);
    addTo(layer.attentionOut, context, 0, tokens_);
  }

  /// qkv_ = query, key and value in fixed point.
  void project(const PreparedLinear& qkv, size_t width) {
    const auto limit = Lanes::splat(std::min(32767.0f, largestQueryOrKey(config_.headSize())));
    const auto minusLimit = Lanes::mul(limit, Lanes::splat(-1));
    const auto rounded = [=](Floats y, Floats scale) PAGEVEC_INLINE {
      return Lanes::round(Lanes::max(Lanes::min(Lanes::mul(y, scale), limit), minusLimit));
    };
    const auto store = [=, values = 2 * config_.hidden, out = qkv_.data()](
                           RowTile tile, size_t r, size_t n, Floats low,
                           Floats high) PAGEVEC_INLINE {
      const auto scale = Lanes::splat(n < values ? kQueryKeyScale : kValueScale);
      Lanes::storeShorts(out + (tile.first + r) * width + n,
                         Lanes::narrow(rounded(low, scale), rounded(high, scale)));
    };
    multiplier_.run(qkv, quantizeRows(qkv, x_.data(), tokens_, kNormScale), tokens_, store);
  }

  /// x += W a + b for the rows from first on.
  void addTo(const PreparedLinear& linear, const TiledRows<Cell>& in, size_t first, size_t rows) {
    const auto store = [hidden = config_.hidden, x = row(first)](RowTile tile, size_t r, size_t n,
                                                                 Floats low,
                                                                 Floats high) PAGEVEC_INLINE {
      float* residual = x + (tile.first + r) * hidden + n;
      Lanes::store(residual, Lanes::add(low, Lanes::load(residual)));
      Lanes::store(residual + 4, Lanes::add(high, Lanes::load(residual + 4)));
    };
    multiplier_.run(linear, in, rows, store);
  }

  void feedForward(const PreparedLayer& layer) {
    forEachTile(tokens_, kFeedForwardRows, [&](RowTile block) {
      const auto in = quantizeRows(layer.up, row(block.first), block.count, kNormScale);
      addTo(layer.down, activate(layer, in, block.count), block.first, block.count);
    });
  }

  /// GELU(W a + b), quantized.
  TiledRows<Cell> activate(const PreparedLayer& layer, const TiledRows<Cell>& in, size_t rows) {
    const auto out = hidden_.rows(rows, layer.down.columns);
    if constexpr (kBytes) {
      activateBytes(layer, in, rows, out);
    } else {
      activateShorts(layer, in, rows, out);
    }
    return out;
  }

  /// By way of fixed point, since a row's scale is known at its end.
  void activateBytes(const PreparedLayer& layer, const TiledRows<Cell>& in, size_t rows,
                     const TiledRows<Cell>& out) {
    const size_t columns = layer.down.columns;
    gelu_.resize(std::max(gelu_.size(), rows * columns));
    const auto store = [columns, gelu = gelu_.data()](RowTile tile, size_t r, size_t n, Floats low,
                                                      Floats high) PAGEVEC_INLINE {
      Lanes::storeShorts(gelu + (tile.first + r) * columns + n, fixedPointGelu(low, high));
    };
    multiplier_.run(layer.up, in, rows, store);
    forEachTileOf<Dot>(rows, [&](RowTile tile) {
      for (size_t r = 0; r < tile.count; ++r) {
        int16_t* values = gelu_.data() + (tile.first + r) * columns;
        const auto target = out.row(tile, r, columns);
        takeOutliers(layer.down, values, 1 / kGeluScale, target);
        quantizeToBytes<Lanes>(values, columns, 1 / kGeluScale, target);
      }
    });
  }

  void activateShorts(const PreparedLayer& layer, const TiledRows<Cell>& in, size_t rows,
                      const TiledRows<Cell>& out) {
    const size_t columns = layer.down.columns;
    const auto limit = static_cast<int16_t>(std::lround(largestShort(columns)));
    geluSums_.assign(rows, Ints{});
    const auto store = [columns, limit, out, sums = geluSums_.data()](RowTile tile, size_t r,
                                                                      size_t n, Floats low,
                                                                      Floats high) PAGEVEC_INLINE {
      const auto target = out.row(tile, r, columns);
      const auto values = Lanes::minShorts(fixedPointGelu(low, high), Lanes::splatShorts(limit));
      Ints& sum = sums[tile.first + r];
      sum = Lanes::addInts(sum, Lanes::sumPairs(values));
      Lanes::scatterWords(target.at(n), target.stepBytes(), values);
    };
    multiplier_.run(layer.up, in, rows, store);
    forEachTileOf<Dot>(rows, [&](RowTile tile) {
      for (size_t r = 0; r < tile.count; ++r) {
        const int32_t sum = Lanes::sumInts(geluSums_[tile.first + r]);
        setShortFactors(out.row(tile, r, columns), kGeluScale, sum);
      }
    });
  }

  /// Values that are too large become the largest: round() keeps them above it, narrow() saturates.
  PAGEVEC_INLINE static auto fixedPointGelu(Floats low, Floats high) {
    return Lanes::narrow(Lanes::round(gelu<Lanes>(low, kGeluScale)),
                         Lanes::round(gelu<Lanes>(high, kGeluScale)));
  }

  void pool(const float* tokens, size_t pooled, float* out) const {
    const size_t hidden = config_.hidden;
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
  LinearMultiplier<Arithmetic> multiplier_;
  size_t tokens_ = 0;
  std::vector<float> x_;  // the residual stream, tokens x hidden
  std::vector<int16_t> qkv_;
  std::vector<float> context_;
  std::vector<int16_t> gelu_;   // kFeedForwardRows x intermediate
  std::vector<Ints> geluSums_;  // of its rows, in four parts
  TiledRowsBuffer<Cell> activations_;
  TiledRowsBuffer<Cell> hidden_;
};

}  // namespace pagevec
