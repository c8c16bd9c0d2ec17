#pragma once

#include <memory>
#include <utility>

#include "js_types.h"
#include "rerank/cross_encoder.h"

namespace pagevec::wasm {

class CrossEncoderHandle {
 public:
  explicit CrossEncoderHandle(std::unique_ptr<CrossEncoder> model) : model_(std::move(model)) {}

  js::OutcomeOfScores score(js::PackedStrings queryAndDocuments);
  uint32_t labels() const { return model_->config().labels; }
  uint32_t maxTokens() const { return model_->config().maxTokens; }

 private:
  std::unique_ptr<CrossEncoder> model_;
};

js::OutcomeOfCrossEncoder createCrossEncoder(js::Uint8Array file);

}  // namespace pagevec::wasm
