#pragma once

#ifdef __wasm_relaxed_simd__

#include <wasm_simd128.h>

#include <cstdint>

// Products of signed bytes with bytes below 128, summed exactly, in two ways. Both have the same
// sums on every machine: only bytes above 127 in the second operand would differ between them.
namespace pagevec::relaxed {

/// Four products a lane at once: one instruction where the machine has it (AVX-VNNI on x86, dotprod
/// on ARM), several on other x86.
struct FourProducts {
  static v128_t add(v128_t values, v128_t sevenBits, v128_t sums) {
    return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(values, sevenBits, sums);
  }
};

/// Two products a lane of 16 bits, which cannot overflow (2 * 128 * 127 < 2^15), then pairs of
/// them: three instructions on every x86, a fifth faster there in a whole forward pass.
struct TwoProducts {
  static v128_t add(v128_t values, v128_t sevenBits, v128_t sums) {
    const v128_t pairs = wasm_i16x8_relaxed_dot_i8x16_i7x16(values, sevenBits);
    return wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(pairs, wasm_i16x8_const_splat(1)));
  }
};

/// Whether TwoProducts is the faster way here: where FourProducts is made of pmaddubsw, which gives
/// itself away with bytes above 127, since it saturates.
inline bool prefersTwoProducts() {
  volatile int8_t most = 127;  // no compiler may compute this for another machine
  const v128_t sums = FourProducts::add(wasm_i8x16_splat(most), wasm_i8x16_const_splat(-1),
                                        wasm_i32x4_const_splat(0));
  return wasm_i32x4_extract_lane(sums, 0) == 2 * INT16_MAX;
}

}  // namespace pagevec::relaxed

#endif
