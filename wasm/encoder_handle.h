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

/// Room in the heap for a .pvm file while it arrives, so that it is not held twice.
class FileRoomHandle {
 public:
  explicit FileRoomHandle(uint32_t bytes) : bytes_(bytes) {}

  js::Uint8Array view();
  /// Takes the first bytes of the room over, and leaves the room empty.
  js::OutcomeOfEncoder openEncoder(uint32_t bytes);

 private:
  Bytes bytes_;
};

std::unique_ptr<FileRoomHandle> createFileRoom(uint32_t bytes);

}  // namespace pagevec::wasm
