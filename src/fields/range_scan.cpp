#include "fields/range_scan.h"

namespace pagevec {

void scanRange(const double* values, size_t count, double lowest, double highest, uint64_t* words) {
  for (size_t i = 0; i < count; ++i, values += 64) {
    uint64_t word = 0;
    for (int j = 0; j < 64; ++j) {
      word |= static_cast<uint64_t>(values[j] >= lowest && values[j] <= highest) << j;
    }
    words[i] |= word;
  }
}

}  // namespace pagevec
