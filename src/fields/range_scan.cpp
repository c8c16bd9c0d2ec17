#include "fields/range_scan.h"

#include <cstring>

namespace pagevec {
namespace {

// Two lanes, which every target of ours has: GCC and clang compile these to its vectors.
using Doubles = double __attribute__((vector_size(16)));
using Words = uint64_t __attribute__((vector_size(16)));

}  // namespace

void scanRange(const double* values, size_t count, double lowest, double highest, uint64_t* words) {
  const Doubles low = {lowest, lowest};
  const Doubles high = {highest, highest};
  for (size_t i = 0; i < count; ++i) {
    Words bit = {1, 2};
    Words found = {0, 0};  // even rows, odd rows
// With bit a constant in each step it takes 36 us for 100,000 numbers in wasm, else 58.
#pragma GCC unroll 32
    for (int j = 0; j < 64; j += 2, values += 2, bit <<= 2) {
      Doubles pair;
      std::memcpy(&pair, values, sizeof pair);
      found |= reinterpret_cast<Words>(pair >= low) & reinterpret_cast<Words>(pair <= high) & bit;
    }
    words[i] |= found[0] | found[1];
  }
}

}  // namespace pagevec
