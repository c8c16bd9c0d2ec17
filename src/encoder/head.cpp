#include "encoder/head.h"

#include <cmath>

namespace pagevec {
namespace {

float dot(const float* a, const float* b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += double{a[i]} * double{b[i]};
  return static_cast<float>(sum);
}

}  // namespace

void classify(const HeadWeights& head, const EncoderConfig& config, const float* x, float* pooled,
              float* logits) {
  const size_t hidden = config.hidden;
  for (size_t i = 0; i < hidden; ++i) {
    pooled[i] = std::tanh(dot(head.pooler + i * hidden, x, hidden) + head.poolerBias[i]);
  }
  for (size_t i = 0; i < config.labels; ++i) {
    logits[i] = dot(head.classifier + i * hidden, pooled, hidden) + head.classifierBias[i];
  }
}

}  // namespace pagevec
