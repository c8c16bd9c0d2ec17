#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace pagevec {

/// Chroma's `hnsw:space`. Smaller is nearer in all three.
enum class Space : uint8_t {
  L2 = 0,      ///< squared Euclidean distance, no root
  Ip = 1,      ///< 1 - dot(a, b)
  Cosine = 2,  ///< 1 - cos(a, b); 1 when either vector is zero
};

/// One implementation of the primitives, for f32 vectors of any length n (0 gives 0) and any
/// alignment. Results differ between kernels by rounding only (relative 1e-5).
struct Kernels {
  const char* name;  ///< "scalar", "simd128" or "relaxed"
  float (*squaredL2)(const float* a, const float* b, size_t n);
  float (*dot)(const float* a, const float* b, size_t n);
};

/// Every implementation in this build: scalar (the reference) first, the fastest last.
/// Native builds hold scalar only; wasm builds add simd128, and relaxed where compiled for it.
std::span<const Kernels> availableKernels();

/// The fastest implementation of this build.
const Kernels& activeKernels();

/// 1 / |values|, or 0 for a zero vector (infinite where only the inverse leaves the range of
/// float).
float inverseNorm(const float* values, size_t n);

/// Scales values to norm 1; a zero vector stays one.
void normalize(std::span<float> values);

/// The largest absolute value; 0 for none.
float largestMagnitude(const float* values, size_t n);

/// The nearest whole number, of two as near the even one: its low 16 bits (or 8), as a cast to int16_t
/// takes them, for a magnitude below 32,768. Floats of the size of the sum have no fraction, and so
/// end with the number. A cast of the float would cost several instructions in WebAssembly, which
/// must mind NaN and overflow.
inline int32_t nearest(float value) { return std::bit_cast<int32_t>(value + 0x1.8p23f); }

/// The same as a float.
inline float nearestFloat(float value) { return (value + 0x1.8p23f) - 0x1.8p23f; }

/// Space::Ip. A dot product that overflows in both directions counts as infinitely far: distances
/// are never NaN, so that sorting by them is always defined.
float ipDistance(const float* a, const float* b, size_t n, const Kernels& kernels);

/// Space::Cosine for callers that keep inverse norms. Right for every finite vector: where the
/// product leaves the normal range of float, it is computed again in double.
float cosineDistance(const float* a, float inverseNormA, const float* b, float inverseNormB,
                     size_t n, const Kernels& kernels);

/// The distance of two vectors of length n, never NaN for finite values.
float distance(Space space, const float* a, const float* b, size_t n,
               const Kernels& kernels = activeKernels());

}  // namespace pagevec
