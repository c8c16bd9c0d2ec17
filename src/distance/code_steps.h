#pragma once

#include <wasm_simd128.h>

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "distance/code_kernels.h"
#include "distance/simd_sum.h"

namespace pagevec {

/// Writes the sums of the four lanes of each of N vectors: transposed, so that four sums take six
/// shuffles and three additions.
template <int N>
inline void storeLaneSums(const v128_t* sums, int32_t* out) {
  if constexpr (N >= 4) {
    for (int i = 0; i < N; i += 4) {
      const v128_t ab0 = wasm_i32x4_shuffle(sums[i], sums[i + 1], 0, 4, 1, 5);
      const v128_t ab1 = wasm_i32x4_shuffle(sums[i], sums[i + 1], 2, 6, 3, 7);
      const v128_t cd0 = wasm_i32x4_shuffle(sums[i + 2], sums[i + 3], 0, 4, 1, 5);
      const v128_t cd1 = wasm_i32x4_shuffle(sums[i + 2], sums[i + 3], 2, 6, 3, 7);
      const v128_t ab = wasm_i32x4_add(ab0, ab1);  // a02 b02 a13 b13
      const v128_t cd = wasm_i32x4_add(cd0, cd1);
      wasm_v128_store(out + i, wasm_i32x4_add(wasm_i64x2_shuffle(ab, cd, 0, 2),
                                              wasm_i64x2_shuffle(ab, cd, 1, 3)));
    }
  } else {
    for (int i = 0; i < N; ++i) {
      const v128_t two = wasm_i32x4_add(sums[i], wasm_i64x2_shuffle(sums[i], sums[i], 1, 0));
      out[i] = wasm_i32x4_extract_lane(two, 0) + wasm_i32x4_extract_lane(two, 1);
    }
  }
}

/// N rows of CodeKernels::dots7 at once. Lanes has the type of the operand's numbers, Value, and
/// add(values, codes, sum), which adds products to the four lanes of sum: of 16 of them with a vector
/// of codes, or of kLoaded with as many codes in memory.
template <class Lanes>
struct Steps7 {
  const typename Lanes::Value* values;
  size_t rowBytes;

  template <int N>
  void run(const uint8_t* const* rows, int32_t* dots) const {
    v128_t sums[N] = {};
    for (size_t i = 0; i < rowBytes; i += Lanes::kLoaded) {
      for (int n = 0; n < N; ++n) sums[n] = Lanes::add(values + i, rows[n] + i, sums[n]);
    }
    storeLaneSums<N>(sums, dots);
  }
};

/// The same of CodeKernels::dots4.
template <class Lanes>
struct Steps4 {
  const typename Lanes::Value* values;
  size_t rowBytes;

  template <int N>
  void run(const uint8_t* const* rows, int32_t* dots) const {
    const v128_t mask = wasm_i8x16_const_splat(15);
    v128_t sums[N] = {};
    for (size_t i = 0; i < rowBytes; i += 16) {
      for (int n = 0; n < N; ++n) {
        const v128_t codes = wasm_v128_load(rows[n] + i);
        sums[n] = Lanes::add(values + 2 * i, wasm_v128_and(codes, mask), sums[n]);
        sums[n] = Lanes::add(values + 2 * i + 16, wasm_u8x16_shr(codes, 4), sums[n]);
      }
    }
    storeLaneSums<N>(sums, dots);
  }
};

/// The same of CodeKernels::dots1.
struct Steps1 {
  const uint8_t* planes;
  size_t rowBytes;

  template <int N>
  void run(const uint8_t* const* rows, int32_t* dots) const {
    v128_t sums[N] = {};
    for (size_t i = 0; i < rowBytes; i += 16) {
      const uint8_t* const bits = planes + 4 * i;
      for (int n = 0; n < N; ++n) {
        const v128_t codes = wasm_v128_load(rows[n] + i);
        const auto counts = [=](int plane) {
          return wasm_i8x16_popcnt(wasm_v128_and(codes, wasm_v128_load(bits + 16 * plane)));
        };
        const auto twice = [](v128_t v) { return wasm_i8x16_add(v, v); };
        // From -64 to 56 a lane.
        v128_t weighed = wasm_i8x16_sub(counts(2), twice(counts(3)));
        weighed = wasm_i8x16_add(twice(weighed), counts(1));
        weighed = wasm_i8x16_add(twice(weighed), counts(0));
        const v128_t pairs = wasm_i16x8_extadd_pairwise_i8x16(weighed);
        sums[n] = wasm_i32x4_add(sums[n], wasm_i32x4_extadd_pairwise_i16x8(pairs));
      }
    }
    storeLaneSums<N>(sums, dots);
  }
};

/// The same of CodeKernels::differences1. Words of 64 bits: the popcnt of bytes is a dozen instructions where
/// there is no AVX-512, and that of a word one.
struct StepsDifferences1 {
  const uint8_t* bits;
  size_t rowBytes;

  template <int N>
  void run(const uint8_t* const* rows, int32_t* differences) const {
    uint64_t sums[N] = {};
#pragma clang loop vectorize(disable)  // vectors of words are taken apart again for each popcnt
    for (size_t i = 0; i < rowBytes; i += 8) {
      for (int n = 0; n < N; ++n) {
        sums[n] += static_cast<uint64_t>(std::popcount(wordAt(rows[n] + i) ^ wordAt(bits + i)));
      }
    }
    for (int n = 0; n < N; ++n) differences[n] = static_cast<int32_t>(sums[n]);
  }
};

/// The same of CodeKernels::dots16. Two products fit 32 bits; sums of more are floats.
struct Steps16 {
  const int16_t* values;
  size_t length;

  template <int N>
  void run(const int16_t* const* rows, float* dots) const {
    v128_t sums[N] = {};
    for (size_t i = 0; i < length; i += 8) {
      const v128_t operand = wasm_v128_load(values + i);
      for (int n = 0; n < N; ++n) {
        const v128_t products = wasm_i32x4_dot_i16x8(operand, wasm_v128_load(rows[n] + i));
        sums[n] = wasm_f32x4_add(sums[n], wasm_f32x4_convert_i32x4(products));
      }
    }
    for (int n = 0; n < N; ++n) dots[n] = sumLanes(sums[n]);
  }
};

/// The same of CodeKernels::dotsSplit.
struct StepsSplit {
  const int16_t* values;
  size_t length;

  template <int N>
  void run(const SplitRow* rows, float* dots) const {
    const v128_t zero = wasm_i16x8_const_splat(SplitRow::kZero);
    v128_t sums[N] = {};
    for (size_t i = 0; i < length; i += 16) {
      const v128_t low = wasm_v128_load(values + i);
      const v128_t high = wasm_v128_load(values + i + 8);
      const auto products = [=](v128_t operand, v128_t numbers) {
        return wasm_f32x4_convert_i32x4(
            wasm_i32x4_dot_i16x8(operand, wasm_i16x8_sub(numbers, zero)));
      };
      for (int n = 0; n < N; ++n) {
        // A residual and its code are the two bytes of a number.
        const v128_t codes = wasm_v128_load(rows[n].codes + i);
        const v128_t residuals = wasm_v128_load(rows[n].residuals + i);
        const v128_t first = wasm_i8x16_shuffle(residuals, codes, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20,
                                                5, 21, 6, 22, 7, 23);
        const v128_t second = wasm_i8x16_shuffle(residuals, codes, 8, 24, 9, 25, 10, 26, 11, 27, 12,
                                                 28, 13, 29, 14, 30, 15, 31);
        sums[n] = wasm_f32x4_add(sums[n], products(low, first));
        sums[n] = wasm_f32x4_add(sums[n], products(high, second));
      }
    }
    for (int n = 0; n < N; ++n) dots[n] = sumLanes(sums[n]);
  }
};

/// Cuts count rows into steps of kMost (8 or 4), then 4, 2 and 1, so that no row is compared for
/// nothing. Steps::run<N>(rows, dots) compares N rows.
template <int kMost, class Steps, class Row, class Sum>
inline void inSteps(const Steps& steps, const Row* rows, size_t count, Sum* dots) {
  for (; count >= kMost; count -= kMost, rows += kMost, dots += kMost) {
    steps.template run<kMost>(rows, dots);
  }
  if (kMost > 4 && count >= 4) {
    steps.template run<4>(rows, dots);
    rows += 4, dots += 4, count -= 4;
  }
  if (count >= 2) {
    steps.template run<2>(rows, dots);
    rows += 2, dots += 2, count -= 2;
  }
  if (count == 1) steps.template run<1>(rows, dots);
}

}  // namespace pagevec
