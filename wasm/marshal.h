#pragma once

#include <emscripten/val.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

/// Copies values between JavaScript and C++. Nothing here knows what the values mean, and no view of
/// the wasm heap leaves, since the heap may move. (Exceptions: the buffers of TokenizerHandle and
/// FileRoomHandle.)
namespace pagevec::marshal {

using emscripten::val;

Bytes bytesFrom(const val& uint8Array);
/// Over bytes of the same length.
void copyTo(const val& uint8Array, Bytes& bytes);
std::vector<float> floatsFrom(const val& float32Array);

/// Unpacks PackedStrings (js/src/engine/module.ts); null gives an empty list. InvalidArgument for a
/// block that does not parse.
Result<std::vector<std::optional<std::string>>> stringsFrom(const val& packed);
/// The same for a list without nulls; a null becomes an empty string.
Result<std::vector<std::string>> plainStringsFrom(const val& packed);

/// A number that counts something, such as an epoch. What is no number from 0 to 2^53 gives 0.
uint64_t countFrom(double number);

/// An enumerator by its number. A number that no byte holds gives 255, which the core refuses; it
/// must not wrap to another enumerator.
template <class Enum>
Enum enumFrom(uint32_t number) {
  return static_cast<Enum>(std::min<uint32_t>(number, 0xFF));
}

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

/// Throws a JavaScript Error, for a call whose result has no place for a Status.
[[noreturn]] void throwError(const Status& status);

/// Outcome<T> of js/src/engine/module.ts.
val failure(const Status& status);
val success(val value);

}  // namespace pagevec::marshal
