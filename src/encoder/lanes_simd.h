#pragma once

#include <wasm_simd128.h>

#include <algorithm>
#include <cstdint>

namespace pagevec {

/// Four numbers at a time in one v128.
struct SimdLanes {
  using Floats = v128_t;
  using Ints = v128_t;

  static Floats load(const float* p) { return wasm_v128_load(p); }
  static Floats load(const int8_t* p) {
    const v128_t bytes = wasm_v128_load32_zero(p);
    return wasm_f32x4_convert_i32x4(
        wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(bytes)));
  }
  static Floats load(const int16_t* p) { return wasm_f32x4_convert_i32x4(wasm_i32x4_load16x4(p)); }
  static Floats load(const int32_t* p) { return wasm_f32x4_convert_i32x4(wasm_v128_load(p)); }
  static Floats splat(float value) { return wasm_f32x4_splat(value); }
  static void store(float* p, Floats a) { wasm_v128_store(p, a); }

  static Floats add(Floats a, Floats b) { return wasm_f32x4_add(a, b); }
  static Floats sub(Floats a, Floats b) { return wasm_f32x4_sub(a, b); }
  static Floats mul(Floats a, Floats b) { return wasm_f32x4_mul(a, b); }
  static Floats madd(Floats a, Floats b, Floats c) {
#ifdef __wasm_relaxed_simd__
    return wasm_f32x4_relaxed_madd(a, b, c);
#else
    return add(mul(a, b), c);
#endif
  }
  // pmin and pmax are one instruction on every machine; min and max are several on x86.
  static Floats min(Floats a, Floats b) { return wasm_f32x4_pmin(a, b); }
  static Floats max(Floats a, Floats b) { return wasm_f32x4_pmax(a, b); }

  /// See ScalarLanes::round. Compilers may not fold it: -ffast-math must stay off.
  static Ints round(Floats a) {
    const v128_t magic = wasm_f32x4_splat(12582912.0f);
    return wasm_i32x4_sub(wasm_f32x4_add(a, magic), magic);
  }
  static Floats toFloats(Ints a) { return wasm_f32x4_convert_i32x4(a); }
  static Floats scaleByPowerOfTwo(Floats a, Ints exponent) {
    return wasm_i32x4_add(a, wasm_i32x4_shl(exponent, 23));
  }

  static void store(int16_t* p, Ints a) {
    wasm_v128_store64_lane(p, wasm_i16x8_narrow_i32x4(a, a), 0);
  }
  static void store(int8_t* p, Ints a) {
    const v128_t shorts = wasm_i16x8_narrow_i32x4(a, a);
    wasm_v128_store32_lane(p, wasm_i8x16_narrow_i16x8(shorts, shorts), 0);
  }

  static float sum(Floats a) {
    return (wasm_f32x4_extract_lane(a, 0) + wasm_f32x4_extract_lane(a, 1)) +
           (wasm_f32x4_extract_lane(a, 2) + wasm_f32x4_extract_lane(a, 3));
  }
  static float smallest(Floats a) {
    return std::min({wasm_f32x4_extract_lane(a, 0), wasm_f32x4_extract_lane(a, 1),
                     wasm_f32x4_extract_lane(a, 2), wasm_f32x4_extract_lane(a, 3)});
  }
  static float largest(Floats a) {
    return std::max({wasm_f32x4_extract_lane(a, 0), wasm_f32x4_extract_lane(a, 1),
                     wasm_f32x4_extract_lane(a, 2), wasm_f32x4_extract_lane(a, 3)});
  }
};

}  // namespace pagevec
