#pragma once

#include "encoder/weights.h"

namespace pagevec {

/// The logits of a text. x: config.hidden floats, the first token's output; logits: config.labels
/// floats; pooled: config.hidden floats of working memory.
void classify(const HeadWeights& head, const EncoderConfig& config, const float* x, float* pooled,
              float* logits);

}  // namespace pagevec
