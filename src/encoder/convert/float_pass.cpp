#include "encoder/convert/float_pass.h"

#include <algorithm>
#include <cmath>

#include "encoder/convert/float_functions.h"
#include "encoder/convert/matrix.h"

namespace pagevec {
namespace {

/// Texts pass together up to so many tokens.
constexpr size_t kChunkTokens = 256;

void normalizeRows(float* rows, size_t count, const FloatNorm& norm, float epsilon) {
  const size_t hidden = norm.gain.size();
  for (size_t m = 0; m < count; ++m) normalizeRow(rows + m * hidden, epsilon, norm);
}

/// out += W in + b.
void addLinear(const FloatLinear& linear, const float* in, size_t tokens, float* out) {
  for (size_t m = 0; m < tokens; ++m) {
    for (size_t n = 0; n < linear.rows; ++n) out[m * linear.rows + n] += linear.bias[n];
  }
  addProduct({tokens, linear.rows, linear.columns}, {in, linear.columns},
             MatrixView<float>{linear.weights.data(), linear.columns}.transposed(), out,
             linear.rows);
}

/// exp(s - max) / sum, of scale * s, for a row of scores whose length is padded to a multiple of four.
void softmaxRow(float* scores, size_t tokens, size_t padded, float scale) {
  std::fill(scores + tokens, scores + padded, -INFINITY);
  const float largest = *std::max_element(scores, scores + tokens);
  for (size_t t = 0; t < padded; ++t) scores[t] = approximateExp2((scores[t] - largest) * scale);
  const float inverse = 1 / sumInFour(padded, [&](size_t t) { return scores[t]; });
  for (size_t t = 0; t < tokens; ++t) scores[t] *= inverse;
}

}  // namespace

FloatPass::FloatPass(const FloatModel& model, std::span<const std::vector<int32_t>> texts)
    : model_(model) {
  size_t tokens = 0;
  for (const std::vector<int32_t>& ids : texts) {
    firsts_.push_back(tokens);
    lengths_.push_back(ids.size());
    tokens += ids.size();
  }
  x_.resize(tokens * model.config.hidden);
  for (size_t i = 0; i < texts.size(); ++i) {
    embed(texts[i], x_.data() + firsts_[i] * model.config.hidden);
  }
  makeChunks();
}

void FloatPass::makeChunks() {
  for (size_t i = 0; i < lengths_.size(); ++i) {
    if (chunks_.empty() || chunks_.back().tokens + lengths_[i] > kChunkTokens) {
      chunks_.push_back({i, 0, firsts_[i], 0});
    }
    chunks_.back().texts += 1;
    chunks_.back().tokens += lengths_[i];
  }
}

void FloatPass::embed(std::span<const int32_t> ids, float* out) const {
  const size_t hidden = model_.config.hidden;
  for (size_t m = 0; m < ids.size(); ++m) {
    const float* word = model_.word.data() + static_cast<size_t>(ids[m]) * hidden;
    const float* position = model_.position.data() + m * hidden;
    for (size_t k = 0; k < hidden; ++k) {
      out[m * hidden + k] = word[k] + position[k] + model_.tokenType[k];
    }
  }
  normalizeRows(out, ids.size(), model_.embeddingNorm, model_.config.layerNormEpsilon);
}

void FloatPass::runLayer(const LinearObserver& observe) {
  for (const Chunk& chunk : chunks_) runChunk(model_.layers[nextLayer_], chunk, observe);
  ++nextLayer_;
}

void FloatPass::runChunk(const FloatLayer& layer, const Chunk& chunk,
                         const LinearObserver& observe) {
  const EncoderConfig& config = model_.config;
  const size_t tokens = chunk.tokens;
  float* x = x_.data() + chunk.firstToken * config.hidden;
  const auto see = [&](LinearSite site, const float* in, size_t columns) {
    if (observe) observe(nextLayer_, site, {in, tokens * columns});
  };
  see(LinearSite::Qkv, x, config.hidden);
  qkv_.assign(tokens * 3 * config.hidden, 0);
  addLinear(layer.qkv, x, tokens, qkv_.data());
  attend(chunk);
  see(LinearSite::AttentionOut, context_.data(), config.hidden);
  addLinear(layer.attentionOut, context_.data(), tokens, x);
  normalizeRows(x, tokens, layer.attentionNorm, config.layerNormEpsilon);
  see(LinearSite::Up, x, config.hidden);
  inner_.assign(tokens * config.intermediate, 0);
  addLinear(layer.up, x, tokens, inner_.data());
  for (float& value : inner_) value = approximateGelu(value);
  see(LinearSite::Down, inner_.data(), config.intermediate);
  addLinear(layer.down, inner_.data(), tokens, x);
  normalizeRows(x, tokens, layer.outputNorm, config.layerNormEpsilon);
}

void FloatPass::attend(const Chunk& chunk) {
  const size_t hidden = model_.config.hidden;
  context_.assign(chunk.tokens * hidden, 0);
  for (size_t i = chunk.firstText; i < chunk.firstText + chunk.texts; ++i) {
    const size_t first = firsts_[i] - chunk.firstToken;
    for (size_t head = 0; head < hidden; head += model_.config.headSize()) {
      attendHead(qkv_.data() + first * 3 * hidden + head, lengths_[i],
                 context_.data() + first * hidden + head);
    }
  }
}

void FloatPass::attendHead(const float* qkv, size_t tokens, float* context) {
  const size_t hidden = model_.config.hidden;
  const size_t headSize = model_.config.headSize();
  const size_t padded = (tokens + 3) / 4 * 4;
  const MatrixView<float> query{qkv, 3 * hidden};
  const MatrixView<float> key{qkv + hidden, 3 * hidden};
  const MatrixView<float> value{qkv + 2 * hidden, 3 * hidden};
  scores_.assign(tokens * padded, 0);
  addProduct({tokens, tokens, headSize}, query, key.transposed(), scores_.data(), padded);
  constexpr float kLog2E = 1.44269504f;
  const float scale = kLog2E / std::sqrt(static_cast<float>(headSize));
  for (size_t m = 0; m < tokens; ++m) {
    softmaxRow(scores_.data() + m * padded, tokens, padded, scale);
  }
  addProduct({tokens, headSize, tokens}, {scores_.data(), padded}, value, context, hidden);
}

void FloatPass::pool(size_t text, float* out) const {
  const EncoderConfig& config = model_.config;
  const float* rows = x_.data() + firsts_[text] * config.hidden;
  const size_t pooled = config.pooling == Pooling::Mean ? lengths_[text] : 1;
  double squares = 0;
  std::vector<double> sums(config.hidden);
  for (size_t k = 0; k < config.hidden; ++k) {
    for (size_t m = 0; m < pooled; ++m) sums[k] += double{rows[m * config.hidden + k]};
    sums[k] /= static_cast<double>(pooled);
    squares += sums[k] * sums[k];
  }
  const double scale = config.normalize && squares > 0 ? 1 / std::sqrt(squares) : 1;
  for (size_t k = 0; k < config.hidden; ++k) out[k] = static_cast<float>(sums[k] * scale);
}

}  // namespace pagevec
