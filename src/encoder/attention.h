#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "encoder/config.h"
#include "encoder/functions.h"
#include "encoder/tile.h"

namespace pagevec {

/// The largest |query| and |key| in fixed point for which a head's dot product stays in int32.
inline float largestQueryOrKey(size_t headSize) {
  return std::floor(std::sqrt(2147483647.0f / static_cast<float>(headSize))) - 1;
}

/// Scaled dot-product attention of one text (Vaswani et al. 2017, section 3.2.1), all in int16
/// products: fixed point for query, key and value, 15 bits for the probabilities.
template <class Arithmetic>
class Attention {
  using Lanes = typename Arithmetic::Lanes;
  using Dot = typename Arithmetic::ShortDot;

 public:
  /// scale: what a query, key or value of 1 is in fixed point.
  Attention(const EncoderConfig& config, float queryKeyScale, float valueScale)
      : hidden_(config.hidden),
        heads_(config.heads),
        headSize_(config.headSize()),
        contextUnit_(1 / (kProbabilityScale * valueScale)) {
    constexpr float kLog2E = 1.44269504f;
    const float headScale = std::sqrt(static_cast<float>(headSize_));
    scoreUnit_ = kLog2E / (headScale * queryKeyScale * queryKeyScale);
  }

  /// qkv: tokens x 3 hidden. context: tokens x hidden.
  void run(const int16_t* qkv, size_t tokens, float* context) {
    resize(tokens);
    for (size_t head = 0; head < heads_; ++head) {
      const int16_t* query = qkv + head * headSize_;
      packKeys(query + hidden_);
      packValues(query + 2 * hidden_);
      forEachTile(tokens, Dot::kTileRows, [&](RowTile tile) {
        runTile(query + tile.first * 3 * hidden_, tile.count,
                context + tile.first * hidden_ + head * headSize_);
      });
    }
  }

 private:
  static constexpr float kProbabilityScale = 32767;

  /// Takes a tile's scores.
  struct ScoreSink {
    int32_t* scores;
    size_t stride;

    template <class Sums, size_t kRows>
    PAGEVEC_INLINE void take(size_t panel, Sums (&sums)[kRows][2]) const {
      for (size_t r = 0; r < kRows; ++r) {
        Lanes::store(scores + r * stride + panel * kPanelRows, sums[r][0]);
        Lanes::store(scores + r * stride + panel * kPanelRows + 4, sums[r][1]);
      }
    }
  };

  /// Takes a tile's sums of values.
  struct ContextSink {
    float* context;
    size_t stride;
    float unit;

    template <class Sums, size_t kRows>
    PAGEVEC_INLINE void take(size_t panel, Sums (&sums)[kRows][2]) const {
      const auto units = Lanes::splat(unit);
      for (size_t r = 0; r < kRows; ++r) {
        float* out = context + r * stride + panel * kPanelRows;
        Lanes::store(out, Lanes::mul(Lanes::toFloats(sums[r][0]), units));
        Lanes::store(out + 4, Lanes::mul(Lanes::toFloats(sums[r][1]), units));
      }
    }
  };

  void resize(size_t tokens) {
    tokens_ = tokens;
    padded_ = (tokens + kPanelRows - 1) / kPanelRows * kPanelRows;
    keys_.resize(padded_ * headSize_);
    values_.resize(padded_ * headSize_);
    query_.resize(Dot::kTileRows * headSize_);
    scores_.resize(Dot::kTileRows * padded_);
    exponentials_.resize(padded_);
    probabilities_.resize(Dot::kTileRows * padded_);
  }

  /// Panels of eight keys, in pairs of their dimensions. Those past the last token stay as they are:
  /// their scores are not used.
  void packKeys(const int16_t* keys) {
    for (size_t t = 0; t < tokens_; ++t) {
      int16_t* out = keys_.data() + t / kPanelRows * kPanelRows * headSize_ + t % kPanelRows * 2;
      copyPairs(keys + t * 3 * hidden_, kPanelRows, out);
    }
  }

  /// Copies a head's dimensions in pairs to every stride-th pair of out.
  void copyPairs(const int16_t* from, size_t stride, int16_t* out) const {
    for (size_t d = 0; d < headSize_; d += 8, out += 8 * stride) {
      Lanes::scatterWords(out, stride * 2 * sizeof(int16_t), Lanes::loadShorts(from + d));
    }
  }

  /// Panels of eight dimensions, in pairs of tokens.
  void packValues(const int16_t* values) {
    const size_t panel = kPanelRows * evenTokens();
    for (size_t t = 0; t < tokens_; t += 2) {
      const int16_t* row = values + t * 3 * hidden_;
      int16_t* out = values_.data() + t * kPanelRows;
      for (size_t d = 0; d < headSize_; d += kPanelRows, out += panel) {
        const auto even = Lanes::loadShorts(row + d);
        const auto odd =
            t + 1 < tokens_ ? Lanes::loadShorts(row + 3 * hidden_ + d) : Lanes::splatShorts(0);
        Lanes::storeShorts(out, Lanes::template interleave<0>(even, odd));
        Lanes::storeShorts(out + 8, Lanes::template interleave<1>(even, odd));
      }
    }
  }

  void runTile(const int16_t* query, size_t rows, float* context) {
    for (size_t r = 0; r < rows; ++r) {
      copyPairs(query + r * 3 * hidden_, rows, query_.data() + 2 * r);
    }
    multiplyRows<Dot>(rows, query_.data(), headSize_, keys_.data(), padded_ / kPanelRows,
                      ScoreSink{scores_.data(), padded_});
    for (size_t r = 0; r < rows; ++r) {
      softmax(scores_.data() + r * padded_, probabilities_.data() + 2 * r, rows);
    }
    multiplyRows<Dot>(rows, probabilities_.data(), evenTokens(), values_.data(),
                      headSize_ / kPanelRows, ContextSink{context, hidden_, contextUnit_});
  }

  /// exp(s - max) / sum in 15 bits, in pairs to every stride-th pair of probabilities. Scores past
  /// the last token count for nothing.
  void softmax(int32_t* scores, int16_t* probabilities, size_t stride) {
    for (size_t t = tokens_; t < padded_; ++t) scores[t] = std::numeric_limits<int32_t>::min();
    auto largest = Lanes::loadInts(scores);
    for (size_t t = 4; t < padded_; t += 4) {
      largest = Lanes::maxInts(largest, Lanes::loadInts(scores + t));
    }
    const auto scale = Lanes::splat(scoreUnit_);
    const auto minusMax = Lanes::splat(-Lanes::largest(Lanes::toFloats(largest)) * scoreUnit_);
    auto sum = Lanes::splat(0);
    for (size_t t = 0; t < padded_; t += 4) {
      const auto e = exp2<Lanes>(Lanes::madd(Lanes::load(scores + t), scale, minusMax));
      Lanes::store(exponentials_.data() + t, e);
      sum = Lanes::add(sum, e);
    }
    const auto inverse = Lanes::splat(kProbabilityScale / Lanes::sum(sum));
    const auto probability = [&](size_t t) {
      return Lanes::round(Lanes::mul(Lanes::load(exponentials_.data() + t), inverse));
    };
    for (size_t t = 0; t < padded_; t += 8) {
      Lanes::scatterWords(probabilities + t * stride, stride * 2 * sizeof(int16_t),
                          Lanes::narrow(probability(t), probability(t + 4)));
    }
  }

  size_t evenTokens() const { return (tokens_ + 1) / 2 * 2; }

  size_t hidden_;
  size_t heads_;
  size_t headSize_;
  float contextUnit_;  // what a step of the sums of values is
  float scoreUnit_;    // and of the scores, as an exponent of 2
  size_t tokens_ = 0;
  size_t padded_ = 0;  // tokens_ in whole panels
  std::vector<int16_t> keys_;
  std::vector<int16_t> values_;
  std::vector<int16_t> query_;
  std::vector<int32_t> scores_;
  std::vector<float> exponentials_;
  std::vector<int16_t> probabilities_;
};

}  // namespace pagevec
