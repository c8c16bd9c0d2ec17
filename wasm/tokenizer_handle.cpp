#include "tokenizer_handle.h"

#include <algorithm>

#include "marshal.h"

namespace pagevec::wasm {

using emscripten::val;

js::Uint8Array TokenizerHandle::input(uint32_t bytes) {
  if (text_.size() < bytes) text_.resize(std::max<size_t>(bytes, 2 * text_.size()));
  return js::Uint8Array(val(emscripten::typed_memory_view(text_.size(), text_.data())));
}

std::string_view TokenizerHandle::text(uint32_t bytes) const {
  return {reinterpret_cast<const char*>(text_.data()), std::min<size_t>(bytes, text_.size())};
}

int32_t TokenizerHandle::encode(uint32_t bytes, uint32_t maxTokens) {
  tokenizer_->encode(text(bytes), maxTokens, encoding_);
  const size_t count = encoding_.ids.size();
  if (tokens_.size() < 3 * count) tokens_.resize(6 * count);
  for (size_t i = 0; i < count; ++i) {
    tokens_[3 * i] = encoding_.ids[i];
    tokens_[3 * i + 1] = encoding_.offsets[i].begin;
    tokens_[3 * i + 2] = encoding_.offsets[i].end;
  }
  return encoding_.truncated ? -static_cast<int32_t>(count) : count;
}

js::Uint32Array TokenizerHandle::tokens() {
  return js::Uint32Array(val(emscripten::typed_memory_view(tokens_.size(), tokens_.data())));
}

js::OutcomeOfTokenizer tokenizerOutcome(Result<std::unique_ptr<Tokenizer>> tokenizer) {
  if (!tokenizer.ok()) return js::OutcomeOfTokenizer(marshal::failure(tokenizer.status()));
  val handle(std::make_unique<TokenizerHandle>(std::move(tokenizer.value())));
  return js::OutcomeOfTokenizer(marshal::success(std::move(handle)));
}

}  // namespace pagevec::wasm
