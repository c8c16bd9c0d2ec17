#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "js_types.h"
#include "text/tokenizer.h"

namespace pagevec::wasm {

/// Any tokenizer of the core; js/src/engine/module.ts describes it.
class TokenizerHandle {
 public:
  explicit TokenizerHandle(std::unique_ptr<Tokenizer> tokenizer)
      : tokenizer_(std::move(tokenizer)) {}

  js::Uint8Array input(uint32_t bytes);
  int32_t encode(uint32_t bytes, uint32_t maxTokens);
  js::Uint32Array tokens();
  uint32_t count(uint32_t bytes) const { return tokenizer_->count(text(bytes)); }
  uint32_t vocabularySize() const { return tokenizer_->vocabularySize(); }

 private:
  std::string_view text(uint32_t bytes) const;

  std::unique_ptr<Tokenizer> tokenizer_;
  // JavaScript holds views of both, so they grow only in input() and encode().
  Bytes text_;
  std::vector<uint32_t> tokens_;
  Encoding encoding_;
};

/// Outcome<TokenizerHandle>.
js::OutcomeOfTokenizer tokenizerOutcome(Result<std::unique_ptr<Tokenizer>> tokenizer);

}  // namespace pagevec::wasm
