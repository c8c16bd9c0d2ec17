#pragma once

#include <wasm_simd128.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace pagevec {

/// Vectors of numbers, a v128 each.
struct SimdLanes {
  using Floats = v128_t;
  using Ints = v128_t;
  using Shorts = v128_t;
  using Bytes = v128_t;

  static Floats load(const float* p) { return wasm_v128_load(p); }
  static Floats load(const int8_t* p) {
    const v128_t bytes = wasm_v128_load32_zero(p);
    return wasm_f32x4_convert_i32x4(
        wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(bytes)));
  }
  static Floats load(const int32_t* p) { return wasm_f32x4_convert_i32x4(wasm_v128_load(p)); }
  static Floats splat(float value) { return wasm_f32x4_splat(value); }
  static void store(float* p, Floats a) { wasm_v128_store(p, a); }
  static void store(int32_t* p, Ints a) { wasm_v128_store(p, a); }

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

  // Compilers may not fold the next two: -ffast-math must stay off.
  static Floats roundBits(Floats a) { return wasm_f32x4_add(a, wasm_f32x4_splat(12582912.0f)); }
  static Floats unroundBits(Floats bits) {
    return wasm_f32x4_sub(bits, wasm_f32x4_splat(12582912.0f));
  }
  static Ints round(Floats a) {
    return wasm_i32x4_sub(roundBits(a), wasm_f32x4_splat(12582912.0f));
  }
  static Floats toFloats(Ints a) { return wasm_f32x4_convert_i32x4(a); }
  static Ints loadInts(const int32_t* p) { return wasm_v128_load(p); }
  static Ints maxInts(Ints a, Ints b) { return wasm_i32x4_max(a, b); }
  static Ints addInts(Ints a, Ints b) { return wasm_i32x4_add(a, b); }
  static Floats scaleByPowerOfTwo(Floats a, Floats bits) {
    return wasm_i32x4_add(a, wasm_i32x4_shl(bits, 23));
  }

  static Shorts narrow(Ints a, Ints b) { return wasm_i16x8_narrow_i32x4(a, b); }
  static Bytes narrowShorts(Shorts a, Shorts b) { return wasm_i8x16_narrow_i16x8(a, b); }
  static Shorts loadShorts(const int16_t* p) { return wasm_v128_load(p); }
  static void storeShorts(int16_t* p, Shorts a) { wasm_v128_store(p, a); }
  static Shorts splatShorts(int16_t value) { return wasm_i16x8_splat(value); }
  static Shorts minShorts(Shorts a, Shorts b) { return wasm_i16x8_min(a, b); }
  static Shorts maxShorts(Shorts a, Shorts b) { return wasm_i16x8_max(a, b); }
  static Shorts addShorts(Shorts a, Shorts b) { return wasm_i16x8_add_sat(a, b); }
  static Shorts mulFractions(Shorts a, Shorts b) { return wasm_i16x8_q15mulr_sat(a, b); }
  static Ints sumPairs(Shorts a) { return wasm_i32x4_dot_i16x8(a, wasm_i16x8_splat(1)); }
  template <size_t Half>
  static Shorts interleave(Shorts a, Shorts b) {
    if constexpr (Half == 0) {
      return wasm_i16x8_shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    } else {
      return wasm_i16x8_shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    }
  }
  static void scatterWords(void* p, size_t stride, v128_t a) {
    char* out = static_cast<char*>(p);
    wasm_v128_store32_lane(out, a, 0);
    wasm_v128_store32_lane(out + stride, a, 1);
    wasm_v128_store32_lane(out + 2 * stride, a, 2);
    wasm_v128_store32_lane(out + 3 * stride, a, 3);
  }

  static float sum(Floats a) {
    return (wasm_f32x4_extract_lane(a, 0) + wasm_f32x4_extract_lane(a, 1)) +
           (wasm_f32x4_extract_lane(a, 2) + wasm_f32x4_extract_lane(a, 3));
  }
  static int32_t sumInts(Ints a) {
    return wasm_i32x4_extract_lane(a, 0) + wasm_i32x4_extract_lane(a, 1) +
           wasm_i32x4_extract_lane(a, 2) + wasm_i32x4_extract_lane(a, 3);
  }
  static float smallest(Floats a) {
    return std::min({wasm_f32x4_extract_lane(a, 0), wasm_f32x4_extract_lane(a, 1),
                     wasm_f32x4_extract_lane(a, 2), wasm_f32x4_extract_lane(a, 3)});
  }
  static float largest(Floats a) {
    return std::max({wasm_f32x4_extract_lane(a, 0), wasm_f32x4_extract_lane(a, 1),
                     wasm_f32x4_extract_lane(a, 2), wasm_f32x4_extract_lane(a, 3)});
  }
  static int16_t smallestShort(Shorts a) {
    a = minShorts(a, wasm_i64x2_shuffle(a, a, 1, 0));
    a = minShorts(a, wasm_i32x4_shuffle(a, a, 1, 0, 3, 2));
    return std::min(wasm_i16x8_extract_lane(a, 0), wasm_i16x8_extract_lane(a, 1));
  }
  static int16_t largestShort(Shorts a) {
    a = maxShorts(a, wasm_i64x2_shuffle(a, a, 1, 0));
    a = maxShorts(a, wasm_i32x4_shuffle(a, a, 1, 0, 3, 2));
    return std::max(wasm_i16x8_extract_lane(a, 0), wasm_i16x8_extract_lane(a, 1));
  }
};

}  // namespace pagevec
