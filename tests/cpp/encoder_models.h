#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "encoder/convert/convert.h"
#include "encoder/convert/float_model.h"

namespace pagevec {

/// A shape that is quick to run and to convert.
inline EncoderConfig smallConfig() {
  EncoderConfig config;
  config.layers = 2;
  config.hidden = 32;
  config.heads = 2;
  config.intermediate = 48;
  config.vocabulary = 50;
  config.positions = 40;
  config.tokenTypes = 2;
  config.maxTokens = 40;
  return config;
}

/// The same with a classification head.
inline EncoderConfig crossEncoderConfig() {
  EncoderConfig config = smallConfig();
  config.pooling = Pooling::Cls;
  config.normalize = false;
  config.labels = 3;
  return config;
}

/// Random models with values of the size that trained ones have.
class ModelMaker {
 public:
  explicit ModelMaker(uint32_t seed) : random_(seed) {}

  std::vector<float> values(size_t count, float deviation, float mean = 0) {
    std::normal_distribution<float> normal;
    std::vector<float> values(count);
    for (float& value : values) value = mean + deviation * normal(random_);
    return values;
  }
  FloatNorm norm(uint32_t hidden) { return {values(hidden, 0.1f, 1), values(hidden, 0.1f)}; }
  FloatLinear linear(uint32_t rows, uint32_t columns) {
    const float deviation = 1 / std::sqrt(static_cast<float>(columns));
    return {rows, columns, values(size_t{rows} * columns, deviation), values(rows, 0.1f)};
  }
  FloatModel model(const EncoderConfig& config) {
    const uint32_t hidden = config.hidden;
    FloatModel model;
    model.config = config;
    model.word = values(size_t{config.vocabulary} * hidden, 1);
    model.position = values(size_t{config.positions} * hidden, 0.3f);
    model.tokenType = values(size_t{config.tokenTypes} * hidden, 0.1f);
    model.embeddingNorm = norm(hidden);
    for (uint32_t i = 0; i < config.layers; ++i) {
      model.layers.push_back({linear(3 * hidden, hidden), linear(hidden, hidden), norm(hidden),
                              linear(config.intermediate, hidden),
                              linear(hidden, config.intermediate), norm(hidden)});
    }
    if (config.labels != 0) {
      model.head = {linear(hidden, hidden), linear(config.labels, hidden)};
    }
    return model;
  }
  std::vector<int32_t> text(const EncoderConfig& config, size_t tokens) {
    std::uniform_int_distribution<int32_t> id(0, static_cast<int32_t>(config.vocabulary) - 1);
    std::vector<int32_t> ids(tokens);
    for (int32_t& value : ids) value = id(random_);
    return ids;
  }
  CalibrationTexts texts(const EncoderConfig& config, size_t count) {
    CalibrationTexts texts;
    for (size_t i = 0; i < count; ++i) texts.push_back(text(config, 1 + i % config.maxTokens));
    return texts;
  }

 private:
  std::mt19937 random_;
};

inline Bytes randomModelFile(const EncoderConfig& config, uint32_t seed, size_t texts = 8) {
  ModelMaker maker(seed);
  const FloatModel model = maker.model(config);
  return convertModel(model, {R"({"name":"random"})", "[UNK]\n[CLS]\n[SEP]\n"},
                      maker.texts(config, texts));
}

inline double cosineOf(const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    dot += double{a[i]} * double{b[i]};
    aa += double{a[i]} * double{a[i]};
    bb += double{b[i]} * double{b[i]};
  }
  return dot / std::sqrt(aa * bb);
}

}  // namespace pagevec
