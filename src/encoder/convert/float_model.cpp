#include "encoder/convert/float_model.h"

namespace pagevec {
namespace {

std::vector<float> tableOf(const EmbeddingTable& table, uint32_t hidden) {
  std::vector<float> values(size_t{table.rows} * hidden);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(table.values[i]) * table.scale[i / hidden];
  }
  return values;
}

FloatNorm normOf(const LayerNormWeights& norm, uint32_t hidden) {
  return {{norm.gain, norm.gain + hidden}, {norm.bias, norm.bias + hidden}};
}

FloatLinear linearOf(const LinearWeights& linear) {
  FloatLinear out{linear.rows, linear.columns, {}, {linear.bias, linear.bias + linear.rows}};
  out.weights.reserve(size_t{linear.rows} * linear.columns);
  for (uint32_t n = 0; n < linear.rows; ++n) {
    for (uint32_t k = 0; k < linear.columns; ++k) {
      const float cell = linear.panels[panelOffset(n, k, linear.columns)];
      out.weights.push_back(linear.scale[n] * (cell + 0.5f - linear.zero[n]));
    }
  }
  return out;
}

FloatLinear plainLinearOf(const float* weights, const float* bias, uint32_t rows,
                          uint32_t columns) {
  return {rows, columns, {weights, weights + size_t{rows} * columns}, {bias, bias + rows}};
}

FloatHead headOf(const HeadWeights& head, const EncoderConfig& config) {
  return {plainLinearOf(head.pooler, head.poolerBias, config.hidden, config.hidden),
          plainLinearOf(head.classifier, head.classifierBias, config.labels, config.hidden)};
}

}  // namespace

FloatModel floatModelOf(const EncoderWeights& weights) {
  const uint32_t hidden = weights.config.hidden;
  FloatModel model;
  model.config = weights.config;
  model.word = tableOf(weights.word, hidden);
  model.position = tableOf(weights.position, hidden);
  model.tokenType.assign(weights.tokenType,
                         weights.tokenType + size_t{model.config.tokenTypes} * hidden);
  model.embeddingNorm = normOf(weights.embeddingNorm, hidden);
  for (const LayerWeights& layer : weights.layers) {
    model.layers.push_back({linearOf(layer.qkv), linearOf(layer.attentionOut),
                            normOf(layer.attentionNorm, hidden), linearOf(layer.up),
                            linearOf(layer.down), normOf(layer.outputNorm, hidden)});
  }
  if (model.config.labels != 0) model.head = headOf(weights.head, model.config);
  return model;
}

}  // namespace pagevec
