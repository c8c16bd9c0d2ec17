#include "encoder_handle.h"

#include <algorithm>
#include <utility>

#include "marshal.h"

namespace pagevec::wasm {

using emscripten::val;

js::OutcomeOfFloats EncoderHandle::encode(js::Int32Array idValues, js::Uint32Array lengthValues) {
  const auto ids = emscripten::convertJSArrayToNumberVector<int32_t>(idValues);
  const auto lengths = emscripten::convertJSArrayToNumberVector<uint32_t>(lengthValues);
  std::vector<float> vectors(lengths.size() * dimension());
  const Status status = encoder_->encode(ids, lengths, vectors);
  if (!status.ok()) return js::OutcomeOfFloats(marshal::failure(status));
  return js::OutcomeOfFloats(marshal::success(marshal::arrayOf<float>(vectors)));
}

js::OutcomeOfTokenizer EncoderHandle::createTokenizer() const {
  return makeTokenizerHandle(encoder_->vocabulary(), encoder_->config().lowercase);
}

namespace {

js::OutcomeOfEncoder openEncoder(Bytes file) {
  Result<std::unique_ptr<Encoder>> encoder = Encoder::open(std::move(file));
  if (!encoder.ok()) return js::OutcomeOfEncoder(marshal::failure(encoder.status()));
  val handle(std::make_unique<EncoderHandle>(std::move(encoder.value())));
  return js::OutcomeOfEncoder(marshal::success(std::move(handle)));
}

}  // namespace

js::OutcomeOfEncoder createEncoder(js::Uint8Array file) {
  return openEncoder(marshal::bytesFrom(file));
}

js::Uint8Array FileRoomHandle::view() {
  return js::Uint8Array(val(emscripten::typed_memory_view(bytes_.size(), bytes_.data())));
}

js::OutcomeOfEncoder FileRoomHandle::openEncoder(uint32_t bytes) {
  bytes_.resize(std::min<size_t>(bytes, bytes_.size()));
  return wasm::openEncoder(std::exchange(bytes_, {}));
}

std::unique_ptr<FileRoomHandle> createFileRoom(uint32_t bytes) {
  return std::make_unique<FileRoomHandle>(bytes);
}

}  // namespace pagevec::wasm
