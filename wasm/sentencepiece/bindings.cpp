#include <emscripten/bind.h>

#include "marshal.h"
#include "sentencepiece/sentencepiece_tokenizer.h"
#include "tokenizer_handle.h"

namespace pagevec::wasm {
namespace {

js::OutcomeOfTokenizer createSentencePieceTokenizer(js::Uint8Array model, uint32_t mapping) {
  const Bytes bytes = marshal::bytesFrom(model);
  return tokenizerOutcome(
      makeSentencePieceTokenizer({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                 marshal::enumFrom<IdMapping>(mapping)));
}

}  // namespace
}  // namespace pagevec::wasm

// SentencePieceModule of js/src/engine/module.ts.
EMSCRIPTEN_BINDINGS(pagevec_sentencepiece) {
  using namespace emscripten;
  using namespace pagevec;
  using namespace pagevec::wasm;

  register_type<js::Uint8Array>("Uint8Array");
  register_type<js::Uint32Array>("Uint32Array");
  register_type<js::OutcomeOfTokenizer>("Outcome<TokenizerHandle>");

  class_<TokenizerHandle>("TokenizerHandle")
      .function("input", &TokenizerHandle::input)
      .function("encode", &TokenizerHandle::encode)
      .function("tokens", &TokenizerHandle::tokens)
      .function("count", &TokenizerHandle::count)
      .function("vocabularySize", &TokenizerHandle::vocabularySize);

  function("createTokenizer", &createSentencePieceTokenizer);
}
