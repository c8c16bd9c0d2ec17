#pragma once

#include <cstddef>

namespace pagevec {

/// A matrix somewhere in memory: element (i, j) is data[i * rowStride + j * columnStride].
template <class T>
struct MatrixView {
  const T* data;
  size_t rowStride;
  size_t columnStride = 1;

  MatrixView transposed() const { return {data, columnStride, rowStride}; }
};

/// The sizes of a product: m x k times k x n.
struct ProductShape {
  size_t m;
  size_t n;
  size_t k;
};

/// Which part of a product is wanted.
enum class ProductPart { All, Lower };

/// out += sign * a b, row by row with outStride between rows; sign is 1 or -1. With Lower, what lies
/// above the diagonal of a square out is left in an unspecified state. Every element is summed up in
/// order of k without fused operations, so that every machine gives the same bits.
void addProduct(ProductShape shape, MatrixView<float> a, MatrixView<float> b, float* out,
                size_t outStride, float sign = 1, ProductPart part = ProductPart::All);
void addProduct(ProductShape shape, MatrixView<double> a, MatrixView<double> b, double* out,
                size_t outStride, double sign = 1, ProductPart part = ProductPart::All);

/// Replaces the lower triangle of a symmetric positive definite matrix (size x size, row by row; the
/// upper triangle is not read and keeps its values) by L with A = L L^T (Cholesky).
void factorizeCholesky(double* a, size_t size);

}  // namespace pagevec
