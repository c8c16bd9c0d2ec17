#pragma once

#include <cstddef>

// The implementations behind availableKernels(). Each namespace exists only in builds that can run
// it.
namespace pagevec {

namespace scalar {
float squaredL2(const float* a, const float* b, size_t n);
float dot(const float* a, const float* b, size_t n);
}  // namespace scalar

#ifdef __wasm_simd128__
namespace simd128 {
float squaredL2(const float* a, const float* b, size_t n);
float dot(const float* a, const float* b, size_t n);
}  // namespace simd128
#endif

#ifdef __wasm_relaxed_simd__
namespace relaxed {
float squaredL2(const float* a, const float* b, size_t n);
float dot(const float* a, const float* b, size_t n);
}  // namespace relaxed
#endif

}  // namespace pagevec
