#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "encoder/prepared.h"

namespace pagevec {

/// Token ids of texts, checked: ids within the vocabulary, lengths within 1..positions.
struct TokenBatch {
  std::span<const int32_t> ids;       ///< the texts' ids one after another
  std::span<const uint32_t> lengths;  ///< how many are each text's
  /// Where each text's second part begins, whose token type is 1; empty: there are none.
  std::span<const uint32_t> secondBegins = {};
};

/// A model with the working memory of one forward pass. Calls do not overlap.
class ForwardPass {
 public:
  virtual ~ForwardPass() = default;

  /// Texts one after another; out receives a vector of config.hidden floats a text.
  virtual void run(const TokenBatch& texts, float* out) = 0;
};

/// One implementation of the forward pass.
struct EncoderKernels {
  const char* name;  ///< "scalar", "scalar-bytes", "simd128", "relaxed" or "relaxed-twos"
  Scheme scheme;
  /// The model must outlive the pass and be prepared for the scheme.
  std::unique_ptr<ForwardPass> (*make)(const PreparedModel& model);
};

/// Every implementation in this build: scalar and scalar-bytes are the references of simd128 and of
/// relaxed and relaxed-twos, which wasm builds add.
std::span<const EncoderKernels> availableEncoderKernels();

/// The fastest of them on this machine; natively scalar, the nearer of the two to fp32.
const EncoderKernels& activeEncoderKernels();

namespace scalar {
std::unique_ptr<ForwardPass> makeShortPass(const PreparedModel& model);
std::unique_ptr<ForwardPass> makeBytePass(const PreparedModel& model);
}  // namespace scalar
inline constexpr EncoderKernels kScalarKernels = {"scalar", Scheme::Short, scalar::makeShortPass};
inline constexpr EncoderKernels kScalarByteKernels = {"scalar-bytes", Scheme::Byte,
                                                      scalar::makeBytePass};

#ifdef __wasm_simd128__
namespace simd128 {
std::unique_ptr<ForwardPass> makePass(const PreparedModel& model);
}
inline constexpr EncoderKernels kSimd128Kernels = {"simd128", Scheme::Short, simd128::makePass};
#endif

#ifdef __wasm_relaxed_simd__
namespace relaxed {
std::unique_ptr<ForwardPass> makePass(const PreparedModel& model);
std::unique_ptr<ForwardPass> makeTwosPass(const PreparedModel& model);
}  // namespace relaxed
inline constexpr EncoderKernels kRelaxedKernels = {"relaxed", Scheme::Byte, relaxed::makePass};
/// The same numbers to the bit, faster on some machines (base/relaxed_dot.h).
inline constexpr EncoderKernels kRelaxedTwosKernels = {"relaxed-twos", Scheme::Byte,
                                                       relaxed::makeTwosPass};
#endif

}  // namespace pagevec
