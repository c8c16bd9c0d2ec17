#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "index/vector_store.h"

namespace pagevec {

/// Principal component analysis of rows of a store: the directions in which they differ most, and
/// where each row lies along them. Made in slices by step().
///
/// The covariance is never made; it is applied to a few vectors by a pass over the rows. The passes
/// build a block Krylov space that is restarted with its best Ritz vectors: Stathopoulos and Saad,
/// "Restarting techniques for the (Jacobi-)Davidson symmetric eigenvalue methods" (1998), without a
/// preconditioner. It ends when each component v with variance s meets |C v - s v| <= kTolerance * s1,
/// s1 being the largest variance, or after kMaxPasses. The same rows give the same bits on one machine.
///
/// Vectors of Space::Cosine count by their direction: as if of length 1. The rows are those that the
/// store had at the beginning; it may be appended to meanwhile.
class Projection {
 public:
  static constexpr uint32_t kMaxComponents = 16;
  static constexpr double kTolerance = 1e-4;
  static constexpr uint32_t kMaxPasses = 60;

  /// store: null for no rows. components: 1 to kMaxComponents, else the nearest of these. sample: at
  /// most so many of the rows, one of each of as many parts, decide mean and components; 1 at least.
  Projection(std::shared_ptr<const VectorStore> store, std::vector<Row> rows, uint32_t components,
             size_t sample);

  /// Reads up to maxRows rows (at least 1). Returns how many reads are left at most; 0: finished.
  size_t step(size_t maxRows);

  /// What was found, when step() returned 0: mean, components, shares and points, one after another.
  std::span<const float> results() const { return results_; }
  /// Of the sample; dimension floats, none without a store.
  std::span<const float> mean() const { return results().first(dimension_); }
  /// components x dimension: unit vectors at right angles, the one of most variance first, the largest
  /// coefficient of each positive. Zeros for those beyond the dimension.
  std::span<const float> components() const {
    return results().subspan(dimension_, size_t{asked_} * dimension_);
  }
  /// Of the sample's variance, 0 to 1, what each component has.
  std::span<const float> shares() const {
    return results().subspan((size_t{asked_} + 1) * dimension_, asked_);
  }
  /// rows x components: of each row its difference from the mean along each component.
  std::span<const float> points() const { return results().last(rows_.size() * asked_); }

 private:
  enum class Stage : uint8_t { Mean, Passes, Points, Finished };

  size_t left() const;
  size_t stageRows() const { return stage_ == Stage::Points ? rows_.size() : sample_; }
  void read(size_t i);
  void visit();
  void flush();
  void endStage();
  void beginPass();
  void endPass();
  void addDirection();
  void diagonalize();
  bool rotate(double* p, double* q);
  double residual(size_t j, double* vector) const;
  void setComponents();
  float* means() { return results_.data(); }
  float* component(size_t j) { return means() + (j + 1) * dimension_; }
  float* share(size_t j) { return component(asked_) + j; }
  double* basis(size_t i) { return basis_.data() + i * dimension_; }
  double dot(const double* a, const double* b) const;
  double variance(size_t i) const;
  ptrdiff_t toImage() const { return static_cast<ptrdiff_t>(basis_.size() / 2); }

  std::shared_ptr<const VectorStore> store_;
  std::vector<Row> rows_;
  uint32_t dimension_;
  uint32_t asked_;   ///< components
  uint32_t wanted_;  ///< of them, at most dimension_
  size_t sample_;
  Stage stage_ = Stage::Mean;
  size_t next_ = 0;  ///< of the stage's rows
  uint32_t passes_ = 0;

  /// Vectors at right angles, of length 1; after a pass Ritz vectors, the largest first. In the second
  /// half of the room the image of each: the covariance times it, times sample_.
  std::vector<double> basis_;
  size_t imaged_ = 0;    ///< vectors of the basis that have an image
  size_t size_ = 0;      ///< vectors of the basis; this pass makes the images of the last ones
  double variance_ = 0;  ///< of all dimensions together, times sample_
  std::vector<float> row_;
  std::vector<float> sums_;     ///< of the images, over a few rows: float holds no sum of many
  std::vector<float> results_;  ///< the components, until they are known: directions of this pass
};

}  // namespace pagevec
