#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pagevec {

/// Codes of 7 bits: a byte a dimension, 1 to 127. Codes of 4 bits: a byte for dimensions i (low
/// half) and i + 16 (high half) of every 32, 0 to 15. Codes of 1 bit: dimension i is bit i % 8 of byte
/// i / 8. All padded with zero bytes to a multiple of 16 bytes.

/// Codes of 7 bits are kZero7 + k for k from -kPeak7 to kPeak7.
constexpr int kZero7 = 64, kPeak7 = 63;

/// The other side of a comparison with codes: one whole number from -127 to 127 a dimension, padded
/// with zeros to a multiple of 32, as bytes and, for kernels that multiply 16-bit lanes, as shorts.
struct CodeOperand {
  std::vector<int8_t> narrow;
  std::vector<int16_t> wide;  ///< the same numbers; only where CodeKernels::wide says so
  /// For codes of 1 bit instead of these: whole numbers from -8 to 7 as bits, for each 16 bytes of codes
  /// 16 bytes of their bits 0, then of bits 1, 2 and 3, which counts -8 (two's complement).
  /// For CodeKernels::differences1 a bit a dimension, as codes are.
  std::vector<uint8_t> planes;
};

/// A row of whole numbers in two bytes each: codes of 7 bits, and what is left in 256ths of their step.
struct SplitRow {
  static constexpr int kSteps = 256;
  static constexpr int kZero = kZero7 * kSteps + kSteps / 2;  ///< what zero is as bytes

  const uint8_t* codes;
  const uint8_t* residuals;

  /// -16,256 to 16,255, of padding less.
  int at(size_t i) const { return codes[i] * kSteps + residuals[i] - kZero; }
};

/// rows: count pointers to rowBytes bytes of codes. rowBytes is a multiple of 16.
using DotsOfCodes = void(const CodeOperand& operand, const uint8_t* const* rows, size_t count,
                         size_t rowBytes, int32_t* dots);
/// Of numbers from -32,767 to 32,767, count rows of length of them, a multiple of 8; rounded as floats
/// are.
using DotsOfShorts = void(const int16_t* operand, const int16_t* const* rows, size_t count,
                          size_t length, float* dots);

/// The same of a row's numbers, for length a multiple of 16.
using DotsOfSplit = void(const int16_t* operand, const SplitRow* rows, size_t count, size_t length,
                         float* dots);

/// Dot products of one operand with many rows; of codes exact: every implementation gives the same
/// numbers. 8 rows of codes a step: fewer do not keep the machine busy, more do not fit its
/// registers. Of codes of 1 bit each plane of the operand is counted where the codes have ones, as RaBitQ
/// does (arXiv 2405.12497, 3.3.2).
struct CodeKernels {
  const char* name;  ///< as Kernels::name, or "relaxed-twos" (base/relaxed_dot.h)
  bool wide;         ///< reads CodeOperand::wide instead of narrow
  DotsOfCodes* dots7;
  DotsOfCodes* dots4;
  DotsOfCodes* dots1;
  /// Instead of products, in how many bits codes differ from the operand's.
  DotsOfCodes* differences1;
  DotsOfShorts* dots16;
  DotsOfSplit* dotsSplit;
};

/// Every implementation in this build: scalar (the reference) first.
std::span<const CodeKernels> availableCodeKernels();
/// The fastest of them on this machine.
const CodeKernels& activeCodeKernels();

}  // namespace pagevec
