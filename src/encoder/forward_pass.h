#pragma once

#include <memory>

#include "encoder/forward.h"
#include "encoder/kernels.h"

namespace pagevec {

/// What a kernel is made of: vectors of numbers, and the integer products of the linear layers and of
/// attention. The former's activations tell the scheme.
template <class LanesType, class LinearDot, class AttentionDot>
struct Arithmetic {
  using Lanes = LanesType;
  using Dot = LinearDot;
  using ShortDot = AttentionDot;
  static constexpr Scheme kScheme = sizeof(typename Dot::Cell) == 1 ? Scheme::Byte : Scheme::Short;
};

/// Forward<Kernel> behind the face that does not name the arithmetic.
template <class Kernel>
class ForwardPassOf final : public ForwardPass {
 public:
  /// byTwin: linear layers by Dot::Twin.
  explicit ForwardPassOf(const PreparedModel& model, bool byTwin = false)
      : forward_(model, byTwin) {}
  void run(const TokenBatch& texts, float* out) override { forward_.run(texts, out); }

 private:
  Forward<Kernel> forward_;
};

}  // namespace pagevec
