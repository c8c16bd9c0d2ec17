#pragma once

#include <cstddef>

namespace pagevec::wasm {

/// Whether so many bytes can be had, in one piece. Nothing grows where they are there already.
bool hasRoom(size_t bytes);

}  // namespace pagevec::wasm
