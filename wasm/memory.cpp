#include "memory.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

extern "C" {

/// Emscripten's own, which gives null when the memory cannot grow.
void* __libc_malloc(size_t bytes);

/// Ends the call where it is instead: without exceptions nobody could go on, and the JavaScript of
/// embind, which asks for room for texts, would write them to address 0. js/src/database/session.ts
/// says what becomes of the heap then.
void* malloc(size_t bytes) {
  void* memory = __libc_malloc(bytes);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // extern "C"

namespace pagevec::wasm {
namespace {

constexpr size_t kPiece = size_t{1} << 20;

}  // namespace

bool hasRoom(size_t bytes, size_t largest) {
  const size_t end = __builtin_wasm_memory_size(0) << 16;
  if (end - reinterpret_cast<uintptr_t>(sbrk(0)) >= bytes) return true;
  // Each piece begins with where the one before is: a list would take memory itself.
  void* last = nullptr;
  size_t had = 0;
  for (size_t piece = largest; had < bytes; piece = std::min(bytes - had, kPiece)) {
    void* const memory = __libc_malloc(std::max(piece, sizeof last));
    if (memory == nullptr) break;
    *static_cast<void**>(memory) = last;
    last = memory;
    had += piece;
  }
  while (last != nullptr) std::free(std::exchange(last, *static_cast<void**>(last)));
  return had >= bytes;
}

}  // namespace pagevec::wasm
