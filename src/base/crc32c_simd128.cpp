#ifdef __wasm_simd128__

#include "base/crc32c_simd128.h"

#include <wasm_simd128.h>

namespace pagevec::simd128 {
namespace {

// A block is 16 streams, one in each lane, that go on a byte at a time. The table of a byte is the sum of
// one for its low and one for its high half, 16 entries each, and a lookup in those is one instruction
// for all lanes.
constexpr size_t kLanes = 16;
constexpr size_t kStreamBytes = kCrcBlockBytes / kLanes;
constexpr size_t kCrcBytes = 4;

struct NibbleTables {
  v128_t low[kCrcBytes];  ///< by byte of the CRC
  v128_t high[kCrcBytes];
  uint32_t afterStream[32];  ///< what each bit of a CRC has become a stream of zeros later
};

NibbleTables makeTables(const uint32_t (&table)[256]) {
  NibbleTables made;
  for (size_t byte = 0; byte < kCrcBytes; ++byte) {
    uint8_t low[kLanes];
    uint8_t high[kLanes];
    for (size_t half = 0; half < kLanes; ++half) {
      low[half] = static_cast<uint8_t>(table[half] >> (8 * byte));
      high[half] = static_cast<uint8_t>(table[half << 4] >> (8 * byte));
    }
    made.low[byte] = wasm_v128_load(low);
    made.high[byte] = wasm_v128_load(high);
  }
  for (uint32_t bit = 0; bit < 32; ++bit) {
    uint32_t crc = uint32_t{1} << bit;
    for (size_t i = 0; i < kStreamBytes; ++i) crc = (crc >> 8) ^ table[crc & 0xFF];
    made.afterStream[bit] = crc;
  }
  return made;
}

// Indexes are below 16, where the relaxed form, which is one instruction on x86 too, agrees.
v128_t lookUp(v128_t table, v128_t indexes) {
#ifdef __wasm_relaxed_simd__
  return wasm_i8x16_relaxed_swizzle(table, indexes);
#else
  return wasm_i8x16_swizzle(table, indexes);
#endif
}

v128_t interleaveLow(v128_t a, v128_t b) {
  return wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

v128_t interleaveHigh(v128_t a, v128_t b) {
  return wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

// 16 bytes of each stream become the 16 streams of each byte.
void transpose(v128_t (&rows)[kLanes]) {
  for (size_t step = 1; step < kLanes; step *= 2) {
    v128_t next[kLanes];
    for (size_t i = 0; i < kLanes / 2; ++i) {
      next[2 * i] = interleaveLow(rows[i], rows[i + kLanes / 2]);
      next[2 * i + 1] = interleaveHigh(rows[i], rows[i + kLanes / 2]);
    }
    for (size_t i = 0; i < kLanes; ++i) rows[i] = next[i];
  }
}

// The CRC of a byte goes on as (crc >> 8) ^ table[(crc ^ byte) & 0xFF]; crc[0] has the low bytes.
void takeByte(const NibbleTables& tables, v128_t bytes, v128_t (&crc)[kCrcBytes]) {
  const v128_t index = wasm_v128_xor(crc[0], bytes);
  const v128_t low = wasm_v128_and(index, wasm_i8x16_const_splat(15));
  const v128_t high = wasm_u8x16_shr(index, 4);
  for (size_t byte = 0; byte < kCrcBytes; ++byte) {
    const v128_t found =
        wasm_v128_xor(lookUp(tables.low[byte], low), lookUp(tables.high[byte], high));
    crc[byte] = byte + 1 < kCrcBytes ? wasm_v128_xor(crc[byte + 1], found) : found;
  }
}

uint32_t join(const NibbleTables& tables, const v128_t (&crc)[kCrcBytes]) {
  uint8_t bytes[kCrcBytes][kLanes];
  for (size_t byte = 0; byte < kCrcBytes; ++byte) wasm_v128_store(bytes[byte], crc[byte]);
  uint32_t sum = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    uint32_t moved = 0;
    for (uint32_t bit = 0; bit < 32; ++bit) {
      moved ^= tables.afterStream[bit] & (0 - (sum >> bit & 1));
    }
    for (size_t byte = 0; byte < kCrcBytes; ++byte) {
      moved ^= uint32_t{bytes[byte][lane]} << (8 * byte);
    }
    sum = moved;
  }
  return sum;
}

}  // namespace

// Not inlined: browsers replace a function's first, slow machine code between calls, not within one.
[[gnu::noinline]] uint32_t crcOfBlock(const uint8_t* block, uint32_t crc,
                                      const uint32_t (&table)[256]) {
  static const NibbleTables made = makeTables(table);
  const NibbleTables tables = made;  // a copy: registers rather than memory in the loop
  v128_t crcs[kCrcBytes];
  for (size_t byte = 0; byte < kCrcBytes; ++byte) {
    crcs[byte] = wasm_u8x16_replace_lane(wasm_i8x16_const_splat(0), 0,
                                         static_cast<uint8_t>(crc >> (8 * byte)));
  }
  for (size_t at = 0; at < kStreamBytes; at += kLanes) {
    v128_t bytes[kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) {
      bytes[lane] = wasm_v128_load(block + lane * kStreamBytes + at);
    }
    transpose(bytes);
    for (const v128_t& each : bytes) takeByte(tables, each, crcs);
  }
  return join(tables, crcs);
}

}  // namespace pagevec::simd128

#endif
