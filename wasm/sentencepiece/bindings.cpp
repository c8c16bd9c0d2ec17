#include <emscripten/bind.h>

#include <algorithm>
#include <span>

#include "marshal.h"
#include "sentencepiece/sentencepiece_tokenizer.h"
#include "text/clip_tokenizer.h"
#include "tokenizer_handle.h"

namespace pagevec::wasm {
namespace {

js::OutcomeOfTokenizer createSentencePieceTokenizer(js::Uint8Array model, uint32_t mapping) {
  const Bytes bytes = marshal::bytesFrom(model);
  return tokenizerOutcome(
      makeSentencePieceTokenizer({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                                 marshal::enumFrom<IdMapping>(mapping)));
}

// The layout of SentencePieceModule.createClipTokenizer in js/src/engine/module.ts. What is too short stays a
// model without tokens, which the core refuses.
ClipModel clipModelFrom(std::span<const int32_t> numbers) {
  ClipModel model;
  BytePairModel& pairs = model.pairs;
  constexpr size_t kHeader = 3;
  const size_t begin = kHeader + pairs.inner.size() + pairs.last.size();
  if (numbers.size() < begin) return model;
  pairs.size = numbers[0];
  model.beginOfText = numbers[1];
  model.endOfText = numbers[2];
  std::copy_n(numbers.data() + kHeader, pairs.inner.size(), pairs.inner.data());
  std::copy_n(numbers.data() + kHeader + pairs.inner.size(), pairs.last.size(), pairs.last.data());
  pairs.merges = {reinterpret_cast<const BytePairModel::Merge*>(numbers.data() + begin),
                  (numbers.size() - begin) / 3};
  return model;
}

js::OutcomeOfTokenizer createClipTokenizer(js::Int32Array values) {
  const auto numbers = emscripten::convertJSArrayToNumberVector<int32_t>(values);
  return tokenizerOutcome(makeClipTokenizer(clipModelFrom(numbers)));
}

}  // namespace
}  // namespace pagevec::wasm

// SentencePieceModule of js/src/engine/module.ts.
EMSCRIPTEN_BINDINGS(pagevec_sentencepiece) {
  using namespace emscripten;
  using namespace pagevec;
  using namespace pagevec::wasm;

  register_type<js::Uint8Array>("Uint8Array");
  register_type<js::Int32Array>("Int32Array");
  register_type<js::Uint32Array>("Uint32Array");
  register_type<js::OutcomeOfTokenizer>("Outcome<TokenizerHandle>");

  class_<TokenizerHandle>("TokenizerHandle")
      .function("input", &TokenizerHandle::input)
      .function("encode", &TokenizerHandle::encode)
      .function("tokens", &TokenizerHandle::tokens)
      .function("count", &TokenizerHandle::count)
      .function("vocabularySize", &TokenizerHandle::vocabularySize);

  function("createTokenizer", &createSentencePieceTokenizer);
  function("createClipTokenizer", &createClipTokenizer);
}
