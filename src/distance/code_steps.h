#pragma once

#include <cstddef>
#include <cstdint>

namespace pagevec {

/// Cuts count rows into steps of 8, then 4, 2 and 1, so that no row is compared for nothing.
/// Steps::run<N>(rows, dots) compares N rows.
template <class Steps>
inline void inSteps(const Steps& steps, const uint8_t* const* rows, size_t count, int32_t* dots) {
  for (; count >= 8; count -= 8, rows += 8, dots += 8) steps.template run<8>(rows, dots);
  if (count >= 4) {
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
