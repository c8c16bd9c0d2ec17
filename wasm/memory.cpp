#include "memory.h"

#include <unistd.h>

#include <cstdint>
#include <cstdlib>

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

bool hasRoom(size_t bytes) {
  const size_t end = __builtin_wasm_memory_size(0) << 16;
  if (end - reinterpret_cast<uintptr_t>(sbrk(0)) >= bytes) return true;
  void* probe = __libc_malloc(bytes);
  std::free(probe);
  return probe != nullptr;
}

}  // namespace pagevec::wasm
