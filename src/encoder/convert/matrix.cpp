#include "encoder/convert/matrix.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace pagevec {
namespace {

// A tile of sums stays in registers: 12 vectors of 16 bytes.
constexpr size_t kTileRows = 6;
template <class T>
constexpr size_t kTileColumns = 32 / sizeof(T);
/// Steps of k that are packed at once: a panel of b then stays in the first-level cache.
constexpr size_t kPackedSteps = 256;
/// Columns that Cholesky finishes before the rest of the matrix is brought up to date.
constexpr size_t kCholeskyBlock = 48;

/// Columns [first, first + kWidth) of steps k, side by side; zeros where there are none.
template <size_t kWidth, class T>
void packPanel(MatrixView<T> from, size_t firstStep, size_t steps, size_t first, size_t count,
               T sign, T* out) {
  const size_t width = std::min(kWidth, count - first);
  for (size_t k = 0; k < steps; ++k, out += kWidth) {
    const T* source = from.data + (firstStep + k) * from.rowStride + first * from.columnStride;
    for (size_t j = 0; j < width; ++j) out[j] = sign * source[j * from.columnStride];
    std::fill(out + width, out + kWidth, T{0});
  }
}

/// sums += a b for packed panels. Never inlined: registers are allocated better so.
template <class T>
__attribute__((noinline)) void multiplyTile(const T* a, const T* b, size_t steps, T* sums) {
  constexpr size_t kColumns = kTileColumns<T>;
  T total[kTileRows][kColumns];
  for (size_t r = 0; r < kTileRows; ++r) {
    for (size_t j = 0; j < kColumns; ++j) total[r][j] = sums[r * kColumns + j];
  }
  for (size_t k = 0; k < steps; ++k, a += kTileRows, b += kColumns) {
    for (size_t r = 0; r < kTileRows; ++r) {
      for (size_t j = 0; j < kColumns; ++j) total[r][j] += a[r] * b[j];
    }
  }
  for (size_t r = 0; r < kTileRows; ++r) {
    for (size_t j = 0; j < kColumns; ++j) sums[r * kColumns + j] = total[r][j];
  }
}

/// One tile of out, which may stick out of it at the end.
template <class T>
void addTile(const T* a, const T* b, size_t steps, size_t rows, size_t columns, T* out,
             size_t outStride) {
  constexpr size_t kColumns = kTileColumns<T>;
  T sums[kTileRows * kColumns] = {};
  for (size_t r = 0; r < rows; ++r) {
    std::copy_n(out + r * outStride, columns, sums + r * kColumns);
  }
  multiplyTile(a, b, steps, sums);
  for (size_t r = 0; r < rows; ++r) {
    std::copy_n(sums + r * kColumns, columns, out + r * outStride);
  }
}

template <class T>
void addProductOf(ProductShape shape, MatrixView<T> a, MatrixView<T> b, T* out, size_t outStride,
                  T sign, ProductPart part) {
  constexpr size_t kColumns = kTileColumns<T>;
  const size_t tiles = (shape.m + kTileRows - 1) / kTileRows;
  std::vector<T> left(tiles * kTileRows * kPackedSteps);
  std::vector<T> right(kColumns * kPackedSteps);
  for (size_t k = 0; k < shape.k; k += kPackedSteps) {
    const size_t steps = std::min(kPackedSteps, shape.k - k);
    for (size_t tile = 0; tile < tiles; ++tile) {
      packPanel<kTileRows, T>(a.transposed(), k, steps, tile * kTileRows, shape.m, 1,
                              left.data() + tile * kTileRows * steps);
    }
    for (size_t j = 0; j < shape.n; j += kColumns) {
      packPanel<kColumns, T>(b, k, steps, j, shape.n, sign, right.data());
      for (size_t tile = part == ProductPart::Lower ? j / kTileRows : 0; tile < tiles; ++tile) {
        const size_t row = tile * kTileRows;
        addTile(left.data() + row * steps, right.data(), steps, std::min(kTileRows, shape.m - row),
                std::min(kColumns, shape.n - j), out + row * outStride + j, outStride);
      }
    }
  }
}

/// Columns [first, end) of L, given those before and with theirs taken off already.
void factorizeBlock(double* a, size_t size, size_t first, size_t end) {
  for (size_t i = first; i < size; ++i) {
    double* row = a + i * size;
    for (size_t j = first; j < std::min(i + 1, end); ++j) {
      const double* other = a + j * size;
      double sum = row[j];
      for (size_t k = first; k < j; ++k) sum -= row[k] * other[k];
      row[j] = j == i ? std::sqrt(sum) : sum / other[j];
    }
  }
}

}  // namespace

void addProduct(ProductShape shape, MatrixView<float> a, MatrixView<float> b, float* out,
                size_t outStride, float sign, ProductPart part) {
  addProductOf(shape, a, b, out, outStride, sign, part);
}

void addProduct(ProductShape shape, MatrixView<double> a, MatrixView<double> b, double* out,
                size_t outStride, double sign, ProductPart part) {
  addProductOf(shape, a, b, out, outStride, sign, part);
}

void factorizeCholesky(double* a, size_t size) {
  for (size_t first = 0; first < size; first += kCholeskyBlock) {
    const size_t end = std::min(first + kCholeskyBlock, size);
    factorizeBlock(a, size, first, end);
    if (end == size) break;
    // The block's columns below it: the rest of the matrix loses their products.
    const MatrixView<double> columns{a + end * size + first, size};
    addProduct({size - end, size - end, end - first}, columns, columns.transposed(),
               a + end * size + end, size, -1, ProductPart::Lower);
  }
}

}  // namespace pagevec
