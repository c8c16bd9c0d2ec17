#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "encoder/functions.h"
#include "encoder/linear.h"

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

 public:
  explicit Attention(const EncoderConfig& config)
      : hidden_(config.hidden), heads_(config.heads), headSize_(config.headSize()) {}

  /// qkv: tokens x 3 hidden. context: tokens x hidden.
  void run(const int16_t* qkv, size_t tokens, float* context) {
    for (size_t head = 0; head < heads_; ++head) {
      const int16_t* query = qkv + head * headSize_;
      packKeys(query + hidden_, tokens);
      packValues(query + 2 * hidden_, tokens);
      forEachTile(tokens, Arithmetic::kShortTileRows, [&](size_t first, size_t rows) {
        runTile(query + first * 3 * hidden_, rows, tokens,
                context + first * hidden_ + head * headSize_);
      });
    }
  }

 private:
  static constexpr float kProbabilityScale = 32767;

  /// Panels of eight keys, in pairs of their dimensions.
  void packKeys(const int16_t* keys, size_t tokens) {
    keyPanels_ = (tokens + kPanelRows - 1) / kPanelRows;
    keys_.assign(keyPanels_ * kPanelRows * headSize_, 0);
    for (size_t t = 0; t < tokens; ++t) {
      int16_t* out = keys_.data() + t / kPanelRows * kPanelRows * headSize_ + t % kPanelRows * 2;
      for (size_t d = 0; d < headSize_; d += 2, out += 2 * kPanelRows) {
        std::memcpy(out, keys + t * 3 * hidden_ + d, 2 * sizeof(int16_t));
      }
    }
  }

  /// Panels of eight dimensions, in pairs of tokens.
  void packValues(const int16_t* values, size_t tokens) {
    evenTokens_ = alignedTo(tokens, 2);
    values_.assign(evenTokens_ * headSize_, 0);
    for (size_t t = 0; t < tokens; ++t) {
      const int16_t* row = values + t * 3 * hidden_;
      int16_t* out = values_.data() + t / 2 * 2 * kPanelRows + t % 2;
      for (size_t d = 0; d < headSize_; ++d) {
        out[d / kPanelRows * kPanelRows * evenTokens_ + d % kPanelRows * 2] = row[d];
      }
    }
  }

  void runTile(const int16_t* query, size_t rows, size_t tokens, float* context) {
    const size_t scoreStride = keyPanels_ * kPanelRows;
    scores_.resize(rows * scoreStride);
    probabilities_.resize(rows * scoreStride);
    Arithmetic::multiplyShorts(query, 3 * hidden_, rows, headSize_, keys_.data(), keyPanels_,
                               scores_.data());
    for (size_t r = 0; r < rows; ++r) {
      softmax(scores_.data() + r * scoreStride, tokens, probabilities_.data() + r * scoreStride);
    }
    int32_t sums[kMaxTileRows * kPanelRows];
    const auto unit = Lanes::splat(1 / (kProbabilityScale * kValueScale));
    for (size_t d = 0; d < headSize_; d += kPanelRows) {
      Arithmetic::multiplyShorts(probabilities_.data(), scoreStride, rows, evenTokens_,
                                 values_.data() + d * evenTokens_, 1, sums);
      for (size_t r = 0; r < rows; ++r) {
        for (size_t i = 0; i < kPanelRows; i += 4) {
          Lanes::store(context + r * hidden_ + d + i,
                       Lanes::mul(Lanes::load(sums + r * kPanelRows + i), unit));
        }
      }
    }
  }

  /// exp(s - max) / sum in 15 bits. Scores past the last token count for nothing.
  void softmax(int32_t* scores, size_t tokens, int16_t* probabilities) {
    const size_t padded = keyPanels_ * kPanelRows;
    for (size_t t = tokens; t < padded; ++t) scores[t] = std::numeric_limits<int32_t>::min();
    auto largest = Lanes::load(scores);
    for (size_t t = 4; t < padded; t += 4) {
      largest = Lanes::max(largest, Lanes::load(scores + t));
    }
    constexpr float kLog2E = 1.44269504f;
    const float headScale = std::sqrt(static_cast<float>(headSize_));
    const auto scale = Lanes::splat(kLog2E / (headScale * kQueryKeyScale * kQueryKeyScale));
    const auto maximum = Lanes::splat(Lanes::largest(largest));
    exponentials_.resize(padded);
    auto sum = Lanes::splat(0);
    for (size_t t = 0; t < padded; t += 4) {
      const auto below = Lanes::sub(Lanes::load(scores + t), maximum);
      const auto e = exp2<Lanes>(Lanes::mul(below, scale));
      Lanes::store(exponentials_.data() + t, e);
      sum = Lanes::add(sum, e);
    }
    const auto inverse = Lanes::splat(kProbabilityScale / Lanes::sum(sum));
    for (size_t t = 0; t < padded; t += 4) {
      Lanes::store(probabilities + t,
                   Lanes::round(Lanes::mul(Lanes::load(exponentials_.data() + t), inverse)));
    }
  }

  static size_t alignedTo(size_t value, size_t step) { return (value + step - 1) / step * step; }

  size_t hidden_;
  size_t heads_;
  size_t headSize_;
  size_t keyPanels_ = 0;
  size_t evenTokens_ = 0;
  std::vector<int16_t> keys_;
  std::vector<int16_t> values_;
  std::vector<int32_t> scores_;
  std::vector<float> exponentials_;
  std::vector<int16_t> probabilities_;
};

}  // namespace pagevec
