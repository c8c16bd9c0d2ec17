#pragma once

#include <wasm_simd128.h>

#include <cstddef>
#include <cstdint>

namespace pagevec::simd128 {

/// Pairs of int16 inputs with int8 or int16 weights, by i32x4.dot_i16x8. 10 sums, 2 weights, an
/// input and a product stay within the 15 vector registers that V8 has on x86.
struct ShortDot {
  using Cell = int16_t;
  using Weight = int8_t;
  using Sums = v128_t;
  static constexpr size_t kStep = 2;
  static constexpr size_t kTileRows = 5;
  /// From so many rows on, weights as int16 save more than making them so costs.
  static constexpr size_t kWidenedRows = 2 * kTileRows + 1;

  struct Weights {
    v128_t halves[2];
  };
  static Weights weights(const int8_t* p) {
    return {wasm_i16x8_load8x8(p), wasm_i16x8_load8x8(p + 8)};
  }
  static Weights weights(const int16_t* p) { return {wasm_v128_load(p), wasm_v128_load(p + 8)}; }
  /// count weights, a multiple of 16, as int16.
  static void widen(const int8_t* from, size_t count, int16_t* to) {
    for (size_t i = 0; i < count; i += 8) wasm_v128_store(to + i, wasm_i16x8_load8x8(from + i));
  }
  static v128_t inputs(const Cell* a) { return wasm_v128_load32_splat(a); }

  static Sums add(Sums sums, v128_t pair, const Weights& weights, size_t half) {
    return wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(pair, weights.halves[half]));
  }
};

}  // namespace pagevec::simd128
