// Every kernel of this build beside the scalar one, on any bits: tools/fuzz repeats it in wasm, where the
// SIMD kernels are, with one seed after the other (--gtest_random_seed).
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "distance/code_kernels.h"
#include "distance/distance.h"

namespace pagevec {
namespace {

constexpr int kCases = 400;
constexpr size_t kLongest = 2048;

class Input {
 public:
  explicit Input(uint32_t seed) : random_(seed) {}

  uint32_t below(uint32_t limit) { return random_() % limit; }

  /// Length floats, of one kind: any bits, subnormal ones, large ones, or what embeddings look like.
  std::vector<float> floats(size_t length, uint32_t kind) {
    std::vector<float> values(length);
    std::normal_distribution<float> normal;
    for (float& value : values) {
      const uint32_t bits = random_();
      if (kind == 0) value = std::bit_cast<float>(bits);
      if (kind == 1) value = std::bit_cast<float>(bits & 0x807FFFFF);
      if (kind == 2) value = normal(random_) * 1e16f;
      if (kind == 3) value = normal(random_);
    }
    return values;
  }

  template <class T>
  std::vector<T> bytes(size_t length, int least, int most) {
    std::vector<T> values(length);
    for (T& value : values)
      value = static_cast<T>(least + static_cast<int>(below(most - least + 1)));
    return values;
  }

 private:
  std::mt19937 random_;
};

/// Relaxed kernels may fuse a product with a sum; the others round as the scalar one does.
bool agree(const Kernels& kernels, float got, float expected, double scale) {
  if (std::isnan(got) || std::isnan(expected)) {
    // Of infinities whose order of adding decides.
    return std::isnan(got) == std::isnan(expected) || std::string(kernels.name) == "relaxed";
  }
  if (got == expected) return true;
  if (std::string(kernels.name) != "relaxed") return false;
  // Beyond the range of a float, fused or not decides whether it is left.
  if (!(scale < 1e38)) return true;
  return std::abs(double{got} - double{expected}) <= 2e-5 * scale + kLongest * 1e-44;
}

void compareDistances(Input& input) {
  const size_t length = input.below(kLongest + 1);
  const size_t shiftA = input.below(4), shiftB = input.below(4);
  const uint32_t kind = input.below(4);
  const std::vector<float> bufferA = input.floats(length + shiftA, kind);
  const std::vector<float> bufferB = input.floats(length + shiftB, kind);
  const float* a = bufferA.data() + shiftA;
  const float* b = bufferB.data() + shiftB;
  double dotScale = 0, l2Scale = 0;
  for (size_t i = 0; i < length; ++i) {
    const double difference = double{a[i]} - double{b[i]};
    dotScale += std::abs(double{a[i]} * double{b[i]});
    l2Scale += difference * difference;
  }
  const Kernels& scalar = availableKernels().front();
  const float dot = scalar.dot(a, b, length), l2 = scalar.squaredL2(a, b, length);
  for (const Kernels& kernels : availableKernels()) {
    const std::string where = std::string(kernels.name) + " kind " + std::to_string(kind) +
                              " length " + std::to_string(length) + " at " +
                              std::to_string(shiftA) + ',' + std::to_string(shiftB);
    EXPECT_TRUE(agree(kernels, kernels.dot(a, b, length), dot, dotScale)) << "dot, " << where;
    EXPECT_TRUE(agree(kernels, kernels.squaredL2(a, b, length), l2, l2Scale)) << "l2, " << where;
  }
}

void compareCodes(Input& input) {
  const size_t rowBytes = 16 * input.below(kLongest / 16 + 1);
  const size_t count = input.below(20);
  CodeOperand operand;
  operand.narrow = input.bytes<int8_t>(2 * rowBytes, -127, 127);
  operand.wide.assign(operand.narrow.begin(), operand.narrow.end());
  for (const bool four : {false, true}) {
    std::vector<std::vector<uint8_t>> rows;
    std::vector<const uint8_t*> pointers;
    for (size_t row = 0; row < count; ++row) {
      const size_t shift = input.below(16);
      rows.push_back(input.bytes<uint8_t>(rowBytes + shift, 0, four ? 255 : 127));
      pointers.push_back(rows.back().data() + shift);
    }
    const auto dotsOf = [&](const CodeKernels& kernels) {
      std::vector<int32_t> dots(count + 1, 77);
      (four ? kernels.dots4 : kernels.dots7)(operand, pointers.data(), count, rowBytes,
                                             dots.data());
      return dots;
    };
    const std::vector<int32_t> expected = dotsOf(availableCodeKernels().front());
    for (const CodeKernels& kernels : availableCodeKernels()) {
      EXPECT_EQ(dotsOf(kernels), expected)
          << kernels.name << ' ' << count << " rows of " << rowBytes << " bytes";
    }
  }
}

TEST(KernelsFuzz, AgreeWithScalarOnAnyBits) {
  Input input(GTEST_FLAG_GET(random_seed));
  for (int i = 0; i < kCases && !HasFailure(); ++i) {
    compareDistances(input);
    compareCodes(input);
  }
}

}  // namespace
}  // namespace pagevec
