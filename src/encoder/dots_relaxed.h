#pragma once

#include <wasm_simd128.h>

#include <cstddef>
#include <cstdint>

#include "base/relaxed_dot.h"

namespace pagevec::relaxed {

/// Four int8 inputs at a time, with weights of 7 bits. 12 sums in flight hide the latency; with two
/// weights and an input they stay within the 15 vector registers that V8 has on x86.
template <class Products>
struct ByteDotBy {
  using Cell = int8_t;
  using Weight = uint8_t;
  using Sums = v128_t;
  static constexpr size_t kStep = 4;
  static constexpr size_t kTileRows = 6;

  struct Weights {
    v128_t halves[2];
  };
  static Weights weights(const uint8_t* p) { return {wasm_v128_load(p), wasm_v128_load(p + 16)}; }
  static v128_t inputs(const Cell* a) { return wasm_v128_load32_splat(a); }

  static Sums add(Sums sums, v128_t four, const Weights& weights, size_t half) {
    return Products::add(four, weights.halves[half], sums);
  }
};

struct ByteDot : ByteDotBy<FourProducts> {
  /// Tiles of so many rows take two panels at once.
  static constexpr size_t kWideRows = 3;
  /// The same sums in the other way.
  using Twin = ByteDotBy<TwoProducts>;
};

}  // namespace pagevec::relaxed
