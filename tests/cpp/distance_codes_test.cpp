// Every implementation of the dot products of codes gives the numbers that a plain sum gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "distance/code_kernels.h"

namespace pagevec {
namespace {

struct Rows {
  CodeOperand operand;
  std::vector<std::vector<uint8_t>> codes;
  std::vector<const uint8_t*> pointers;
};

/// extreme: every value at the end of its range, where sums of products are largest.
Rows randomRows(size_t rowBytes, size_t count, int largestCode, bool extreme) {
  std::mt19937 random(static_cast<uint32_t>(rowBytes * 131 + count));
  Rows rows;
  for (size_t i = 0; i < 2 * rowBytes; ++i) {
    const int value =
        extreme ? (random() % 4 == 0 ? 127 : -127) : static_cast<int>(random() % 255) - 127;
    rows.operand.narrow.push_back(static_cast<int8_t>(value));
  }
  rows.operand.wide.assign(rows.operand.narrow.begin(), rows.operand.narrow.end());
  for (size_t row = 0; row < count; ++row) {
    std::vector<uint8_t>& codes = rows.codes.emplace_back(rowBytes);
    for (uint8_t& code : codes) {
      code = static_cast<uint8_t>(extreme ? largestCode : random() % (largestCode + 1));
    }
  }
  for (const auto& codes : rows.codes) rows.pointers.push_back(codes.data());
  return rows;
}

int64_t plainDot(const CodeOperand& operand, const std::vector<uint8_t>& codes, bool four) {
  int64_t sum = 0;
  for (size_t i = 0; i < codes.size(); ++i) {
    if (!four) {
      sum += operand.narrow[i] * codes[i];
    } else {
      const size_t first = i / 16 * 32 + i % 16;
      sum += operand.narrow[first] * (codes[i] % 16) + operand.narrow[first + 16] * (codes[i] / 16);
    }
  }
  return sum;
}

TEST(CodeKernels, AreScalarFirstAndTheActiveOnesAmongThem) {
  const std::span<const CodeKernels> all = availableCodeKernels();
  EXPECT_STREQ(all.front().name, "scalar");
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [](const CodeKernels& each) {
    return each.name == std::string_view(activeCodeKernels().name);
  }));
}

TEST(CodeKernels, GiveThePlainSumForEveryNumberOfRows) {
  for (const CodeKernels& kernels : availableCodeKernels()) {
    for (const bool four : {false, true}) {
      for (const bool extreme : {false, true}) {
        for (const size_t rowBytes : {16u, 32u, 192u, 384u, 1536u, 65'536u}) {
          const size_t most = rowBytes > 1536 ? 9 : 35;
          const Rows rows = randomRows(rowBytes, most, four ? 255 : 127, extreme);
          for (size_t count = 0; count <= most; ++count) {
            std::vector<int32_t> dots(count + 1, 77);
            (four ? kernels.dots4 : kernels.dots7)(rows.operand, rows.pointers.data(), count,
                                                   rowBytes, dots.data());
            for (size_t row = 0; row < count; ++row) {
              ASSERT_EQ(dots[row], plainDot(rows.operand, rows.codes[row], four))
                  << kernels.name << ' ' << rowBytes << " bytes, row " << row << " of " << count;
            }
            ASSERT_EQ(dots[count], 77) << kernels.name << " writes past the last row";
          }
        }
      }
    }
  }
}

/// Bit by bit, from the whole numbers themselves.
int64_t plainBitDot(const std::vector<int>& numbers, const std::vector<uint8_t>& codes) {
  int64_t sum = 0;
  for (size_t i = 0; i < numbers.size(); ++i) sum += codes[i / 8] >> i % 8 & 1 ? numbers[i] : 0;
  return sum;
}

TEST(CodeKernels, CountBitsOfEveryDimension) {
  for (const CodeKernels& kernels : availableCodeKernels()) {
    for (const bool extreme : {false, true}) {
      for (const size_t rowBytes : {16u, 32u, 48u, 96u, 192u, 384u, 8192u}) {
        const Rows rows = randomRows(rowBytes, 9, 255, extreme);
        std::mt19937 random(static_cast<uint32_t>(rowBytes));
        std::vector<int> numbers(8 * rowBytes);
        CodeOperand operand;
        operand.planes.resize(4 * rowBytes);
        for (size_t i = 0; i < numbers.size(); ++i) {
          numbers[i] = extreme ? (random() % 8 == 0 ? 7 : -8) : static_cast<int>(random() % 16) - 8;
          for (size_t plane = 0; plane < 4; ++plane) {
            operand.planes[i / 128 * 64 + 16 * plane + i % 128 / 8] |=
                static_cast<uint8_t>((numbers[i] >> plane & 1) << i % 8);
          }
        }
        for (size_t count = 0; count <= 9; ++count) {
          std::vector<int32_t> dots(count + 1, 77);
          kernels.dots1(operand, rows.pointers.data(), count, rowBytes, dots.data());
          for (size_t row = 0; row < count; ++row) {
            ASSERT_EQ(dots[row], plainBitDot(numbers, rows.codes[row]))
                << kernels.name << ' ' << rowBytes << " bytes, row " << row << " of " << count;
          }
          ASSERT_EQ(dots[count], 77) << kernels.name << " writes past the last row";
        }
      }
    }
  }
}

TEST(CodeKernels, CountBitsThatDiffer) {
  std::mt19937 random(11);
  for (const CodeKernels& kernels : availableCodeKernels()) {
    for (const bool extreme : {false, true}) {
      for (const size_t rowBytes : {16u, 32u, 48u, 96u, 192u, 384u, 8192u}) {
        const Rows rows = randomRows(rowBytes, 9, 255, extreme);
        CodeOperand operand;
        for (size_t i = 0; i < rowBytes; ++i) {
          operand.planes.push_back(static_cast<uint8_t>(extreme ? 0 : random()));
        }
        for (size_t count = 0; count <= 9; ++count) {
          std::vector<int32_t> differences(count + 1, 77);
          kernels.differences1(operand, rows.pointers.data(), count, rowBytes, differences.data());
          for (size_t row = 0; row < count; ++row) {
            int32_t expected = 0;
            for (size_t i = 0; i < 8 * rowBytes; ++i) {
              expected += (rows.codes[row][i / 8] ^ operand.planes[i / 8]) >> i % 8 & 1;
            }
            ASSERT_EQ(differences[row], expected)
                << kernels.name << ' ' << rowBytes << " bytes, row " << row << " of " << count;
          }
          ASSERT_EQ(differences[count], 77) << kernels.name << " writes past the last row";
        }
      }
    }
  }
}

// Of the first rows, none to all: what dots(rows, floats) writes are the sums with numberAt(row, i), as near as
// floats come, and it writes no more.
template <class Dots, class NumberAt>
void expectSums(const char* name, const std::vector<int16_t>& operand, size_t rows, Dots&& dots,
                NumberAt&& numberAt) {
  for (size_t count = 0; count <= rows; ++count) {
    std::vector<float> written(count + 1, 77);
    dots(count, written.data());
    for (size_t row = 0; row < count; ++row) {
      double sum = 0, magnitudes = 0;
      for (size_t i = 0; i < operand.size(); ++i) {
        const double product = double{1} * operand[i] * numberAt(row, i);
        sum += product;
        magnitudes += std::fabs(product);
      }
      ASSERT_NEAR(written[row], sum, 2e-5 * magnitudes)
          << name << ' ' << operand.size() << " numbers, row " << row << " of " << count;
    }
    ASSERT_EQ(written[count], 77) << name << " writes past the last row";
  }
}

TEST(CodeKernels, GiveTheSumsOfShorts) {
  std::mt19937 random(3);
  for (const CodeKernels& kernels : availableCodeKernels()) {
    for (const bool extreme : {false, true}) {
      for (const size_t length : {8u, 16u, 384u, 1536u, 65'536u}) {
        const auto number = [&] {
          if (extreme) return static_cast<int16_t>(random() % 4 == 0 ? 32'767 : -32'767);
          return static_cast<int16_t>(static_cast<int>(random() % 65'535) - 32'767);
        };
        std::vector<std::vector<int16_t>> vectors(12, std::vector<int16_t>(length));
        for (auto& vector : vectors) std::generate(vector.begin(), vector.end(), number);
        std::vector<const int16_t*> rows;
        for (size_t row = 1; row < vectors.size(); ++row) rows.push_back(vectors[row].data());
        expectSums(
            kernels.name, vectors[0], rows.size(),
            [&](size_t count, float* dots) {
              kernels.dots16(vectors[0].data(), rows.data(), count, length, dots);
            },
            [&](size_t row, size_t i) { return rows[row][i]; });
      }
    }
  }
}

TEST(CodeKernels, GiveTheSumsOfSplitRows) {
  std::mt19937 random(4);
  // All numbers, or the least and the greatest alone.
  const auto fill = [&](auto& values, int least, int most, bool extreme) {
    const auto numbers = static_cast<uint32_t>(most - least + 1);
    for (auto& value : values) {
      const int n = least + static_cast<int>(random() % numbers);
      value = static_cast<std::remove_reference_t<decltype(value)>>(!extreme ? n
                                                                    : n % 2  ? most
                                                                             : least);
    }
  };
  for (const CodeKernels& kernels : availableCodeKernels()) {
    for (const size_t length : {16u, 48u, 384u}) {
      for (const bool extreme : {false, true}) {
        std::vector<int16_t> operand(length);
        fill(operand, -32'767, 32'767, extreme);
        std::vector<std::vector<uint8_t>> codes(9, std::vector<uint8_t>(length)), residuals = codes;
        std::vector<SplitRow> rows;
        for (size_t row = 0; row < codes.size(); ++row) {
          fill(codes[row], 1, 127, extreme);
          fill(residuals[row], 0, 255, extreme);
          rows.push_back({codes[row].data(), residuals[row].data()});
        }
        expectSums(
            kernels.name, operand, rows.size(),
            [&](size_t count, float* dots) {
              kernels.dotsSplit(operand.data(), rows.data(), count, length, dots);
            },
            [&](size_t row, size_t i) {
              return 256.0 * (codes[row][i] - 64) + residuals[row][i] - 128;
            });
      }
    }
  }
}

}  // namespace
}  // namespace pagevec
