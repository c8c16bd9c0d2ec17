#include <bit>

#include "base/bytes.h"
#include "distance/code_kernels_list.h"

namespace pagevec::scalar {
namespace {

int32_t ones(const uint8_t* codes, const uint8_t* plane) {
  return std::popcount(wordAt(codes) & wordAt(plane));
}

}  // namespace

void dots7(const CodeOperand& operand, const uint8_t* const* rows, size_t count, size_t rowBytes,
           int32_t* dots) {
  for (size_t row = 0; row < count; ++row) {
    int32_t sum = 0;
    for (size_t i = 0; i < rowBytes; ++i) sum += operand.narrow[i] * rows[row][i];
    dots[row] = sum;
  }
}

void dots4(const CodeOperand& operand, const uint8_t* const* rows, size_t count, size_t rowBytes,
           int32_t* dots) {
  for (size_t row = 0; row < count; ++row) {
    int32_t sum = 0;
    for (size_t i = 0; i < rowBytes; ++i) {
      const int8_t* values = operand.narrow.data() + i / 16 * 32 + i % 16;
      sum += values[0] * (rows[row][i] & 15) + values[16] * (rows[row][i] >> 4);
    }
    dots[row] = sum;
  }
}

void dots1(const CodeOperand& operand, const uint8_t* const* rows, size_t count, size_t rowBytes,
           int32_t* dots) {
  for (size_t row = 0; row < count; ++row) {
    int32_t sum = 0;
    for (size_t i = 0; i < rowBytes; i += 8) {
      const uint8_t* const codes = rows[row] + i;
      const uint8_t* const planes = operand.planes.data() + i / 16 * 64 + i % 16;
      sum += ones(codes, planes) + 2 * ones(codes, planes + 16) + 4 * ones(codes, planes + 32) -
             8 * ones(codes, planes + 48);
    }
    dots[row] = sum;
  }
}

void differences1(const CodeOperand& operand, const uint8_t* const* rows, size_t count,
                  size_t rowBytes, int32_t* differences) {
  for (size_t row = 0; row < count; ++row) {
    int32_t sum = 0;
    for (size_t i = 0; i < rowBytes; i += 8) {
      sum += std::popcount(wordAt(rows[row] + i) ^ wordAt(operand.planes.data() + i));
    }
    differences[row] = sum;
  }
}

void dots16(const int16_t* operand, const int16_t* const* rows, size_t count, size_t length,
            float* dots) {
  for (size_t row = 0; row < count; ++row) {
    double sum = 0;
    for (size_t i = 0; i < length; ++i) sum += operand[i] * rows[row][i];
    dots[row] = static_cast<float>(sum);
  }
}

void dotsSplit(const int16_t* operand, const SplitRow* rows, size_t count, size_t length,
               float* dots) {
  for (size_t row = 0; row < count; ++row) {
    double sum = 0;
    for (size_t i = 0; i < length; ++i) sum += operand[i] * rows[row].at(i);
    dots[row] = static_cast<float>(sum);
  }
}

}  // namespace pagevec::scalar
