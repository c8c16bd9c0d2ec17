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
  void run(std::span<const int32_t> ids, std::span<const uint32_t> lengths, float* out) override {
    forward_.run(ids, lengths, out);
  }

 private:
  Forward<Arithmetic> forward_;
};

}  // namespace pagevec
