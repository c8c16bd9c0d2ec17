#include "encoder/config.h"

#include <string>

namespace pagevec {
namespace {

constexpr uint32_t kMaxLabels = 1024;

struct Limit {
  const char* name;
  uint32_t value;
  uint32_t max;
  uint32_t multipleOf;
};

}  // namespace

Status checkConfig(const EncoderConfig& config) {
  const Limit limits[] = {
      {"layers", config.layers, 64, 1},
      {"hidden", config.hidden, 2048, 16},
      {"heads", config.heads, 64, 1},
      {"intermediate", config.intermediate, 8192, 16},
      {"vocabulary", config.vocabulary, 1u << 20, 1},
      {"positions", config.positions, 8192, 1},
      {"tokenTypes", config.tokenTypes, 16, 1},
      {"maxTokens", config.maxTokens, config.positions, 1},
  };
  for (const Limit& limit : limits) {
    if (limit.value >= 1 && limit.value <= limit.max && limit.value % limit.multipleOf == 0) {
      continue;
    }
    return {StatusCode::InvalidArgument,
            "the encoder's " + std::string(limit.name) + " is " + std::to_string(limit.value) +
                "; it must be a multiple of " + std::to_string(limit.multipleOf) + " from 1 to " +
                std::to_string(limit.max)};
  }
  if (config.hidden % config.heads != 0 || config.headSize() % 8 != 0) {
    return {StatusCode::InvalidArgument,
            "hidden " + std::to_string(config.hidden) + " does not divide into " +
                std::to_string(config.heads) + " heads whose size is a multiple of 8"};
  }
  const bool plainCls = config.pooling == Pooling::Cls && !config.normalize;
  if (config.labels > kMaxLabels || (config.labels != 0 && !plainCls)) {
    return {StatusCode::InvalidArgument,
            "a classification head of " + std::to_string(config.labels) + " labels; at most " +
                std::to_string(kMaxLabels) + " over the first token's vector as it is"};
  }
  const bool epsilonInRange = config.layerNormEpsilon >= 0 && config.layerNormEpsilon <= 1;
  if (config.pooling > Pooling::Cls || !epsilonInRange) {
    return {StatusCode::InvalidArgument, "the pooling or the LayerNorm epsilon is out of range"};
  }
  return {};
}

}  // namespace pagevec
