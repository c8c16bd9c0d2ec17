#include "encoder/convert/reference.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace pagevec {
namespace {

using Matrix = std::vector<float>;  // rows one after another

float dot(const float* a, const float* b, size_t n) {
  // Sixteen sums, which compilers turn into vectors; they also keep the rounding error small.
  constexpr size_t kLanes = 16;
  float lanes[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  }
  double sum = 0;
  for (const float lane : lanes) sum += lane;
  for (; i < n; ++i) sum += a[i] * b[i];
  return static_cast<float>(sum);
}

Matrix applyLinear(const FloatLinear& linear, const Matrix& in) {
  const size_t tokens = in.size() / linear.columns;
  Matrix out(tokens * linear.rows);
  for (size_t n = 0; n < linear.rows; ++n) {
    const float* weights = linear.weights.data() + n * linear.columns;
    for (size_t m = 0; m < tokens; ++m) {
      const float* row = in.data() + m * linear.columns;
      out[m * linear.rows + n] = linear.bias[n] + dot(weights, row, linear.columns);
    }
  }
  return out;
}

void normalizeRows(Matrix& x, size_t hidden, float epsilon, const FloatNorm& norm) {
  for (size_t begin = 0; begin < x.size(); begin += hidden) {
    float* row = x.data() + begin;
    double sum = 0;
    for (size_t k = 0; k < hidden; ++k) sum += row[k];
    const double mean = sum / static_cast<double>(hidden);
    double squares = 0;
    for (size_t k = 0; k < hidden; ++k) squares += (row[k] - mean) * (row[k] - mean);
    const double inverse =
        1 / std::sqrt(squares / static_cast<double>(hidden) + static_cast<double>(epsilon));
    for (size_t k = 0; k < hidden; ++k) {
      row[k] = static_cast<float>((row[k] - mean) * inverse) * norm.gain[k] + norm.bias[k];
    }
  }
}

/// The attention of one query over all tokens of one head; qkv holds 3 hidden floats a token.
void attendOne(const Matrix& qkv, size_t query, size_t hidden, size_t headBegin, size_t headSize,
               float* out) {
  const size_t width = 3 * hidden;
  const size_t tokens = qkv.size() / width;
  const float* q = qkv.data() + query * width + headBegin;
  std::vector<double> weights(tokens);
  double largest = -INFINITY;
  for (size_t t = 0; t < tokens; ++t) {
    const float* key = qkv.data() + t * width + hidden + headBegin;
    weights[t] = dot(q, key, headSize) / std::sqrt(static_cast<double>(headSize));
    largest = std::max(largest, weights[t]);
  }
  double sum = 0;
  for (double& weight : weights) sum += weight = std::exp(weight - largest);
  for (size_t d = 0; d < headSize; ++d) {
    double value = 0;
    for (size_t t = 0; t < tokens; ++t) {
      value += weights[t] * double{qkv[t * width + 2 * hidden + headBegin + d]};
    }
    out[d] = static_cast<float>(value / sum);
  }
}

Matrix attend(const Matrix& qkv, const EncoderConfig& config) {
  const size_t tokens = qkv.size() / (3 * config.hidden);
  const size_t headSize = config.headSize();
  Matrix context(tokens * config.hidden);
  for (size_t m = 0; m < tokens; ++m) {
    for (size_t begin = 0; begin < config.hidden; begin += headSize) {
      attendOne(qkv, m, config.hidden, begin, headSize, &context[m * config.hidden + begin]);
    }
  }
  return context;
}

Matrix embed(const FloatModel& model, std::span<const int32_t> ids, size_t secondBegin) {
  const size_t hidden = model.config.hidden;
  Matrix x(ids.size() * hidden);
  for (size_t m = 0; m < ids.size(); ++m) {
    const float* type = model.tokenType.data() + (m < secondBegin ? 0 : hidden);
    for (size_t k = 0; k < hidden; ++k) {
      x[m * hidden + k] = model.word[static_cast<size_t>(ids[m]) * hidden + k] +
                          model.position[m * hidden + k] + type[k];
    }
  }
  normalizeRows(x, hidden, model.config.layerNormEpsilon, model.embeddingNorm);
  return x;
}

void addTo(Matrix& x, const Matrix& y) {
  for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
}

void pool(const EncoderConfig& config, const Matrix& x, float* out) {
  const size_t hidden = config.hidden;
  const size_t pooled = config.pooling == Pooling::Mean ? x.size() / hidden : 1;
  double squares = 0;
  std::vector<double> sums(hidden);
  for (size_t k = 0; k < hidden; ++k) {
    for (size_t m = 0; m < pooled; ++m) sums[k] += double{x[m * hidden + k]};
    sums[k] /= static_cast<double>(pooled);
    squares += sums[k] * sums[k];
  }
  const double scale = config.normalize && squares > 0 ? 1 / std::sqrt(squares) : 1;
  for (size_t k = 0; k < hidden; ++k) out[k] = static_cast<float>(sums[k] * scale);
}

void classify(const FloatHead& head, const Matrix& firstToken, float* logits) {
  Matrix pooled = applyLinear(head.pooler, firstToken);
  for (float& value : pooled) value = std::tanh(value);
  const Matrix out = applyLinear(head.classifier, pooled);
  std::copy(out.begin(), out.end(), logits);
}

}  // namespace

void encodeReference(const FloatModel& model, std::span<const int32_t> ids, float* out,
                     const LinearObserver& observe, size_t secondBegin) {
  const EncoderConfig& config = model.config;
  Matrix x = embed(model, ids, secondBegin);
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const FloatLayer& layer = model.layers[i];
    const auto run = [&](LinearSite site, const FloatLinear& linear, const Matrix& in) {
      if (observe) observe(i, site, in);
      return applyLinear(linear, in);
    };
    const Matrix context = attend(run(LinearSite::Qkv, layer.qkv, x), config);
    addTo(x, run(LinearSite::AttentionOut, layer.attentionOut, context));
    normalizeRows(x, config.hidden, config.layerNormEpsilon, layer.attentionNorm);
    Matrix inner = run(LinearSite::Up, layer.up, x);
    for (float& value : inner) value *= 0.5f * (1 + std::erf(value * 0.70710678f));
    addTo(x, run(LinearSite::Down, layer.down, inner));
    normalizeRows(x, config.hidden, config.layerNormEpsilon, layer.outputNorm);
  }
  if (config.labels == 0) return pool(config, x, out);
  x.resize(config.hidden);
  classify(model.head, x, out);
}

}  // namespace pagevec
