#pragma once

#include <emscripten/val.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

/// Copies values between JavaScript and C++. Nothing here knows what the values mean, and no view of
/// the wasm heap leaves, since the heap may move. (The tokenizer's buffers are the one exception:
/// TokenizerHandle.)
namespace pagevec::marshal {

using emscripten::val;

Bytes bytesFrom(const val& uint8Array);
std::vector<float> floatsFrom(const val& float32Array);

/// Unpacks PackedStrings (js/src/engine/module.ts). Both sides are ours, so a block that does not
/// parse is a bug: it gives an empty list, which the core's own checks then refuse.
std::vector<std::optional<std::string>> stringsFrom(const val& packed);
/// The same for a list without nulls; a null becomes an empty string.
std::vector<std::string> plainStringsFrom(const val& packed);

/// A new typed array (Uint8Array, Float32Array, ...) with a copy of the values.
template <class T>
val arrayOf(std::span<const T> values) {
  return val(emscripten::typed_memory_view(values.size(), values.data()))
      .template call<val>("slice");
}

/// Builds PackedStrings piece by piece, so that documents are copied once.
class StringPacker {
 public:
  StringPacker() { bytes_.number(uint32_t{0}); }
  void add(std::string_view text);
  void addNull();
  val pack();

 private:
  ByteWriter bytes_;
  uint32_t count_ = 0;
};

/// Outcome<T> of js/src/engine/module.ts.
val failure(const Status& status);
val success(val value);

}  // namespace pagevec::marshal
