#include "fields/range_scan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace pagevec {
namespace {

TEST(RangeScan, SetsTheBitsOfNumbersInTheRange) {
  std::mt19937 random(7);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double kEdges[] = {-kInfinity, -2, -0.0, 0, 1.5, 3, kInfinity};
  std::vector<double> values(64 * 5);
  for (double& value : values) {
    value = random() % 4 == 0 ? std::nan("") : static_cast<double>(random() % 9) / 2 - 2;
  }
  for (const double lowest : kEdges) {
    for (const double highest : kEdges) {
      std::vector<uint64_t> words(5, uint64_t{1} << 63);  // bits that are set stay
      scanRange(values.data(), words.size(), lowest, highest, words.data());
      for (size_t i = 0; i < values.size(); ++i) {
        const bool in = (values[i] >= lowest && values[i] <= highest) || i % 64 == 63;
        ASSERT_EQ(words[i / 64] >> (i % 64) & 1, uint64_t{in}) << i;
      }
    }
  }
}

}  // namespace
}  // namespace pagevec
