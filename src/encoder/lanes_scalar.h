#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace pagevec {

/// Four numbers at a time in plain C++: the reference of lanes_simd.h, operation by operation.
/// Both give the same bits, save where the relaxed build fuses multiply and add.
struct ScalarLanes {
  using Floats = std::array<float, 4>;
  using Ints = std::array<int32_t, 4>;

  template <class Function>
  static Floats each(Function function) {
    return {function(0), function(1), function(2), function(3)};
  }

  static Floats load(const float* p) {
    return each([&](int i) { return p[i]; });
  }
  static Floats load(const int8_t* p) {
    return each([&](int i) { return static_cast<float>(p[i]); });
  }
  static Floats load(const int16_t* p) {
    return each([&](int i) { return static_cast<float>(p[i]); });
  }
  static Floats load(const int32_t* p) {
    return each([&](int i) { return static_cast<float>(p[i]); });
  }
  static Floats splat(float value) { return {value, value, value, value}; }
  static void store(float* p, Floats a) { std::copy(a.begin(), a.end(), p); }

  static Floats add(Floats a, Floats b) {
    return each([&](int i) { return a[i] + b[i]; });
  }
  static Floats sub(Floats a, Floats b) {
    return each([&](int i) { return a[i] - b[i]; });
  }
  static Floats mul(Floats a, Floats b) {
    return each([&](int i) { return a[i] * b[i]; });
  }
  static Floats madd(Floats a, Floats b, Floats c) { return add(mul(a, b), c); }
  // As wasm's pmin and pmax, also for NaN.
  static Floats min(Floats a, Floats b) {
    return each([&](int i) { return b[i] < a[i] ? b[i] : a[i]; });
  }
  static Floats max(Floats a, Floats b) {
    return each([&](int i) { return a[i] < b[i] ? b[i] : a[i]; });
  }

  /// The nearest integers; |a| must be below 2^22. In this range 1.5 * 2^23 + a has a's integer part
  /// in its low bits, rounded by the addition: two instructions instead of a slow conversion.
  static Ints round(Floats a) {
    Ints result;
    for (int i = 0; i < 4; ++i) {
      const uint32_t bits = std::bit_cast<uint32_t>(a[i] + 12582912.0f);
      result[i] = static_cast<int32_t>(bits - std::bit_cast<uint32_t>(12582912.0f));
    }
    return result;
  }
  static Floats toFloats(Ints a) {
    return each([&](int i) { return static_cast<float>(a[i]); });
  }
  /// a * 2^exponent, by adding to the exponent's bits.
  static Floats scaleByPowerOfTwo(Floats a, Ints exponent) {
    return each([&](int i) {
      const uint32_t shifted = static_cast<uint32_t>(exponent[i]) << 23;
      return std::bit_cast<float>(std::bit_cast<uint32_t>(a[i]) + shifted);
    });
  }

  static void store(int16_t* p, Ints a) {
    for (int i = 0; i < 4; ++i) {
      p[i] = static_cast<int16_t>(std::clamp(a[i], -32768, 32767));
    }
  }
  static void store(int8_t* p, Ints a) {
    for (int i = 0; i < 4; ++i) p[i] = static_cast<int8_t>(std::clamp(a[i], -128, 127));
  }

  static float sum(Floats a) { return (a[0] + a[1]) + (a[2] + a[3]); }
  static float smallest(Floats a) { return std::min({a[0], a[1], a[2], a[3]}); }
  static float largest(Floats a) { return std::max({a[0], a[1], a[2], a[3]}); }
};

}  // namespace pagevec
