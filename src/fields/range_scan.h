#pragma once

#include <cstddef>
#include <cstdint>

namespace pagevec {

/// Sets bit j of words[i] where values[64 i + j] is from lowest to highest; leaves the other bits as
/// they are. values holds 64 * count numbers; NaN is in no range.
void scanRange(const double* values, size_t count, double lowest, double highest, uint64_t* words);

}  // namespace pagevec
