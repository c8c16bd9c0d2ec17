#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pagevec {

/// Vectors of numbers in plain C++: the reference of lanes_simd.h, operation by operation. Both give
/// the same bits, save where the relaxed build fuses multiply and add.
struct ScalarLanes {
  using Floats = std::array<float, 4>;
  using Ints = std::array<int32_t, 4>;
  using Shorts = std::array<int16_t, 8>;
  using Bytes = std::array<int8_t, 16>;

  template <class Vector, class Function>
  static Vector each(Function function) {
    Vector result;
    for (size_t i = 0; i < result.size(); ++i) {
      result[i] = static_cast<typename Vector::value_type>(function(i));
    }
    return result;
  }

  static Floats load(const float* p) {
    return each<Floats>([&](size_t i) { return p[i]; });
  }
  static Floats load(const int8_t* p) {
    return each<Floats>([&](size_t i) { return p[i]; });
  }
  static Floats load(const int32_t* p) {
    return each<Floats>([&](size_t i) { return p[i]; });
  }
  static Floats splat(float value) { return {value, value, value, value}; }
  static void store(float* p, Floats a) { std::copy(a.begin(), a.end(), p); }
  static void store(int32_t* p, Ints a) { std::copy(a.begin(), a.end(), p); }

  static Floats add(Floats a, Floats b) {
    return each<Floats>([&](size_t i) { return a[i] + b[i]; });
  }
  static Floats sub(Floats a, Floats b) {
    return each<Floats>([&](size_t i) { return a[i] - b[i]; });
  }
  static Floats mul(Floats a, Floats b) {
    return each<Floats>([&](size_t i) { return a[i] * b[i]; });
  }
  static Floats madd(Floats a, Floats b, Floats c) { return add(mul(a, b), c); }
  // As wasm's pmin and pmax, also for NaN.
  static Floats min(Floats a, Floats b) {
    return each<Floats>([&](size_t i) { return b[i] < a[i] ? b[i] : a[i]; });
  }
  static Floats max(Floats a, Floats b) {
    return each<Floats>([&](size_t i) { return a[i] < b[i] ? b[i] : a[i]; });
  }

  /// 1.5 * 2^23 + a, for |a| below 2^22: a's nearest integer is in the low bits, rounded by the
  /// addition, which is much quicker than a conversion.
  static Floats roundBits(Floats a) { return add(a, splat(12582912.0f)); }
  /// The rounded a as a float.
  static Floats unroundBits(Floats bits) { return sub(bits, splat(12582912.0f)); }
  /// The nearest integers; |a| must be below 2^22.
  static Ints round(Floats a) {
    const Floats bits = roundBits(a);
    return each<Ints>([&](size_t i) {
      return std::bit_cast<uint32_t>(bits[i]) - std::bit_cast<uint32_t>(12582912.0f);
    });
  }
  static Floats toFloats(Ints a) {
    return each<Floats>([&](size_t i) { return a[i]; });
  }
  static Ints loadInts(const int32_t* p) {
    return each<Ints>([&](size_t i) { return p[i]; });
  }
  static Ints maxInts(Ints a, Ints b) {
    return each<Ints>([&](size_t i) { return std::max(a[i], b[i]); });
  }
  static Ints addInts(Ints a, Ints b) {
    return each<Ints>(
        [&](size_t i) { return static_cast<uint32_t>(a[i]) + static_cast<uint32_t>(b[i]); });
  }
  /// a * 2^n by adding n to the exponent's bits, for n rounded by roundBits.
  static Floats scaleByPowerOfTwo(Floats a, Floats bits) {
    return each<Floats>([&](size_t i) {
      const uint32_t shifted = std::bit_cast<uint32_t>(bits[i]) << 23;
      return std::bit_cast<float>(std::bit_cast<uint32_t>(a[i]) + shifted);
    });
  }

  static Shorts narrow(Ints a, Ints b) {
    return each<Shorts>(
        [&](size_t i) { return std::clamp(i < 4 ? a[i] : b[i - 4], -32768, 32767); });
  }
  static Bytes narrowShorts(Shorts a, Shorts b) {
    return each<Bytes>(
        [&](size_t i) { return std::clamp<int16_t>(i < 8 ? a[i] : b[i - 8], -128, 127); });
  }
  static Shorts loadShorts(const int16_t* p) {
    return each<Shorts>([&](size_t i) { return p[i]; });
  }
  static void storeShorts(int16_t* p, Shorts a) { std::copy(a.begin(), a.end(), p); }
  static Shorts splatShorts(int16_t value) {
    return each<Shorts>([&](size_t) { return value; });
  }
  static Shorts minShorts(Shorts a, Shorts b) {
    return each<Shorts>([&](size_t i) { return std::min(a[i], b[i]); });
  }
  static Shorts maxShorts(Shorts a, Shorts b) {
    return each<Shorts>([&](size_t i) { return std::max(a[i], b[i]); });
  }
  /// Saturating.
  static Shorts addShorts(Shorts a, Shorts b) {
    return each<Shorts>([&](size_t i) { return std::clamp(a[i] + b[i], -32768, 32767); });
  }
  /// a * b / 2^15, rounded half up; not both -2^15.
  static Shorts mulFractions(Shorts a, Shorts b) {
    return each<Shorts>([&](size_t i) { return (a[i] * b[i] + 0x4000) >> 15; });
  }
  /// Sums of pairs of neighbours.
  static Ints sumPairs(Shorts a) {
    return each<Ints>([&](size_t i) { return a[2 * i] + a[2 * i + 1]; });
  }
  /// The lower (Half = 0) or upper halves of a and b, their elements in turns.
  template <size_t Half>
  static Shorts interleave(Shorts a, Shorts b) {
    return each<Shorts>([&](size_t i) { return (i % 2 == 0 ? a : b)[4 * Half + i / 2]; });
  }
  /// Four bytes to p, four to p + stride, ...
  template <class Vector>
  static void scatterWords(void* p, size_t stride, Vector a) {
    for (size_t i = 0; i < 4; ++i) {
      std::memcpy(static_cast<char*>(p) + i * stride, reinterpret_cast<const char*>(&a) + 4 * i, 4);
    }
  }

  static float sum(Floats a) { return (a[0] + a[1]) + (a[2] + a[3]); }
  static int32_t sumInts(Ints a) { return a[0] + a[1] + a[2] + a[3]; }
  static float smallest(Floats a) { return *std::min_element(a.begin(), a.end()); }
  static float largest(Floats a) { return *std::max_element(a.begin(), a.end()); }
  static int16_t smallestShort(Shorts a) { return *std::min_element(a.begin(), a.end()); }
  static int16_t largestShort(Shorts a) { return *std::max_element(a.begin(), a.end()); }
};

}  // namespace pagevec
