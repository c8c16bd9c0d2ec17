#pragma once

#include <cstddef>

namespace pagevec::wasm {

/// Whether so many bytes can be had, `largest` of them in one piece: what a heap that was full has free lies
/// in pieces. Nothing grows where they are there already.
bool hasRoom(size_t bytes, size_t largest);

}  // namespace pagevec::wasm
