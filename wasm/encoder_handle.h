#pragma once

#include <memory>

#include "encoder/encoder.h"
#include "handles.h"
#include "js_types.h"

namespace pagevec::wasm {

class EncoderHandle {
 public:
  explicit EncoderHandle(std::unique_ptr<Encoder> encoder) : encoder_(std::move(encoder)) {}

  js::OutcomeOfFloats encode(js::Int32Array ids, js::Uint32Array lengths);
  js::OutcomeOfTokenizer createTokenizer() const;
  uint32_t dimension() const { return encoder_->config().hidden; }
  uint32_t maxTokens() const { return encoder_->config().maxTokens; }
  std::string info() const { return std::string(encoder_->info()); }
  std::string kernel() const { return encoder_->kernelName(); }

 private:
  std::unique_ptr<Encoder> encoder_;
};

js::OutcomeOfEncoder createEncoder(js::Uint8Array file);

}  // namespace pagevec::wasm
