#pragma once

#include <memory>

#include "encoder/forward.h"
#include "encoder/kernels.h"

namespace pagevec {

/// Forward<Arithmetic> behind the face that does not name the arithmetic.
template <class Arithmetic>
class ForwardPassOf final : public ForwardPass {
 public:
  explicit ForwardPassOf(const PreparedModel& model) : forward_(model) {}
  void run(const TokenBatch& texts, float* out) override { forward_.run(texts, out); }

 private:
  Forward<Arithmetic> forward_;
};

}  // namespace pagevec
