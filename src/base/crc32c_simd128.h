#pragma once

#ifdef __wasm_simd128__

#include <cstddef>
#include <cstdint>

namespace pagevec::simd128 {

/// What crcOfBlock() takes at once.
inline constexpr size_t kCrcBlockBytes = 8192;

/// Carries a CRC-32C, without the inversions at its ends, over a block of kCrcBlockBytes. table: the CRC
/// of each byte.
uint32_t crcOfBlock(const uint8_t* block, uint32_t crc, const uint32_t (&table)[256]);

}  // namespace pagevec::simd128

#endif
