#include "index/projection.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace pagevec {
namespace {

/// Rows whose sum is made in float. Fixed, so that slices do not change the result.
constexpr size_t kTileRows = 64;
/// Directions that are kept besides the components and as many new ones.
constexpr size_t kExtra = 8;
/// Of its length, what a vector must keep beside the others to be a direction of its own.
constexpr double kIndependent = 1e-8;
/// Of the whole variance, what counts as nothing between two Ritz vectors: less than kTolerance lets
/// through, more than float sums are wrong by.
constexpr double kNegligible = 1e-9;
/// Of the mean, by how much rows that are all alike seem to differ from it, since it is rounded.
constexpr double kRounding = 2e-6;

/// Four floats at any address. Compilers that are to keep code small make no vectors of a loop.
using Four [[gnu::vector_size(16), gnu::aligned(4), gnu::may_alias]] = float;

/// One row of each of `sample` equal parts, at a place in it by Weyl's sequence of the golden ratio: rows at
/// equal distances would all be alike where their order has a period.
size_t sampleRow(size_t i, size_t sample, size_t rows) {
  const double within = static_cast<uint32_t>(i * 2654435769u) / 4294967296.0;
  const double part = static_cast<double>(rows) / static_cast<double>(sample);
  return std::min(rows - 1, static_cast<size_t>((static_cast<double>(i) + within) * part));
}

void addScaled(float factor, const float* from, float* to, size_t n) {
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    *reinterpret_cast<Four*>(to + i) += factor * *reinterpret_cast<const Four*>(from + i);
  }
  for (; i < n; ++i) to[i] += factor * from[i];
}

}  // namespace

Projection::Projection(std::shared_ptr<const VectorStore> store, std::vector<Row> rows,
                       uint32_t components, size_t sample)
    : store_(std::move(store)),
      rows_(std::move(rows)),
      dimension_(store_ ? store_->dimension() : 0),
      asked_(std::clamp(components, 1u, kMaxComponents)),
      wanted_(std::min(asked_, dimension_)),
      sample_(std::min(std::max<size_t>(sample, 1), rows_.size())),
      basis_(2 * (2 * wanted_ + kExtra) * dimension_),
      row_(dimension_),
      sums_(size_t{wanted_} * dimension_),
      results_((size_t{asked_} + 1) * dimension_ + asked_ + rows_.size() * asked_) {}

size_t Projection::step(size_t maxRows) {
  for (; maxRows > 0 && stage_ != Stage::Finished; --maxRows) {
    if (next_ < stageRows()) {
      read(next_);
      visit();
      if (++next_ % kTileRows == 0) flush();
    }
    if (next_ == stageRows()) endStage();
  }
  return left();
}

size_t Projection::left() const {
  if (stage_ == Stage::Finished) return 0;
  if (stage_ == Stage::Points) return rows_.size() - next_;
  const size_t passes = kMaxPasses - passes_ + (stage_ == Stage::Mean ? 1 : 0);
  return passes * sample_ - next_ + rows_.size();
}

/// Makes row_ a row of the stage, less the mean where that is known.
void Projection::read(size_t i) {
  const size_t at = stage_ == Stage::Points ? i : sampleRow(i, sample_, rows_.size());
  store_->approximate(rows_[at], row_.data());
  double scale = 1;
  if (store_->space() == Space::Cosine) {
    double squares = 0;
    for (const float value : row_) squares += double{value} * value;
    scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
  }
  for (uint32_t d = 0; d < dimension_; ++d) {
    row_[d] = static_cast<float>(row_[d] * scale) - means()[d];
  }
}

void Projection::visit() {
  if (stage_ == Stage::Mean) {
    for (uint32_t d = 0; d < dimension_; ++d) sums_[d] += row_[d];
    return;
  }
  const auto dotOf = activeKernels().dot;
  const size_t count = stage_ == Stage::Points ? wanted_ : size_ - imaged_;
  if (stage_ == Stage::Passes && passes_ == 0) {
    variance_ += dotOf(row_.data(), row_.data(), dimension_);
  }
  for (size_t j = 0; j < count; ++j) {
    const float along = dotOf(row_.data(), component(j), dimension_);
    if (stage_ == Stage::Points) {
      share(asked_)[next_ * asked_ + j] = along;
    } else {
      addScaled(along, row_.data(), sums_.data() + j * dimension_, dimension_);
    }
  }
}

void Projection::flush() {
  double* image = basis(imaged_) + toImage();
  for (float& sum : sums_) *image++ += std::exchange(sum, 0.0f);
}

void Projection::endStage() {
  flush();
  next_ = 0;
  if (stage_ == Stage::Points || rows_.empty()) {
    stage_ = Stage::Finished;
  } else if (stage_ == Stage::Passes) {
    endPass();
  } else {
    for (uint32_t d = 0; d < dimension_; ++d) {
      means()[d] = static_cast<float>(basis_[toImage() + d] / static_cast<double>(sample_));
    }
    stage_ = Stage::Passes;
    // Numbers without a pattern, the same each time: Marsaglia, "Xorshift RNGs" (2003).
    uint32_t state = 1;
    while (size_ < wanted_) {
      for (uint32_t d = 0; d < dimension_; ++d) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        basis(size_)[d] = static_cast<int32_t>(state);
      }
      addDirection();
    }
    beginPass();
  }
}

void Projection::beginPass() {
  std::copy(basis(imaged_), basis(size_), component(0));
  std::fill(basis(imaged_) + toImage(), basis(size_) + toImage(), 0);
}

void Projection::endPass() {
  ++passes_;
  imaged_ = size_;
  diagonalize();
  // Half of the others make up for what a restart forgets.
  if (size_ > wanted_ + kExtra) imaged_ = size_ = wanted_ + kExtra / 2;
  if (passes_ < kMaxPasses) {
    const double allowed = kTolerance * variance(0);
    for (size_t j = 0; j < wanted_ && size_ < dimension_; ++j) {
      if (residual(j, basis(size_)) > allowed) addDirection();
    }
  }
  if (size_ > imaged_) return beginPass();
  setComponents();
  stage_ = Stage::Points;
}

/// Makes what was written behind the basis a part of it: Gram and Schmidt, twice, since once leaves
/// what rounding left. Nothing where it has no direction of its own.
void Projection::addDirection() {
  double* const vector = basis(size_);
  for (int round = 0; round < 2; ++round) {
    const double before = dot(vector, vector);
    for (size_t i = 0; i < size_; ++i) {
      const double along = dot(vector, basis(i));
      for (uint32_t d = 0; d < dimension_; ++d) vector[d] -= along * basis(i)[d];
    }
    const double squares = dot(vector, vector);
    if (!(squares > kIndependent * kIndependent * before)) return;
    for (uint32_t d = 0; d < dimension_; ++d) vector[d] /= std::sqrt(squares);
  }
  ++size_;
}

/// Rayleigh and Ritz, by the cyclic Jacobi method (Golub and Van Loan, Matrix Computations, 8.5.3):
/// turns the basis, and the images with it, until the covariance within it is diagonal and falls.
void Projection::diagonalize() {
  constexpr int kMaxSweeps = 30;
  bool rotated = true;
  for (int sweep = 0; sweep < kMaxSweeps && rotated; ++sweep) {
    rotated = false;
    for (size_t p = 0; p + 1 < size_; ++p) {
      for (size_t q = p + 1; q < size_; ++q) rotated |= rotate(basis(p), basis(q));
    }
  }
}

/// By the angle that leaves nothing between the two and gives the first the larger variance. False
/// where it is so.
bool Projection::rotate(double* p, double* q) {
  const ptrdiff_t image = toImage();
  const double off = (dot(p, q + image) + dot(q, p + image)) / 2;
  const double difference = dot(p, p + image) - dot(q, q + image);
  const double negligible = kNegligible * variance_;
  if (std::abs(off) <= negligible && difference >= -negligible) return false;
  // Of the angle the cosine and the sine, by those of its double; the larger of them first.
  const double root = std::sqrt(difference * difference + 4 * off * off);
  const double larger = std::sqrt((1 + std::abs(difference) / root) / 2);
  const double smaller = std::abs(off) / (root * larger);
  const double cosine = difference < 0 ? smaller : larger;
  const double sine = std::copysign(difference < 0 ? larger : smaller, off);
  for (const ptrdiff_t shift : {ptrdiff_t{0}, image}) {
    for (uint32_t d = 0; d < dimension_; ++d) {
      const double a = p[shift + d];
      const double b = q[shift + d];
      p[shift + d] = cosine * a + sine * b;
      q[shift + d] = cosine * b - sine * a;
    }
  }
  return true;
}

/// Writes what the image of a Ritz vector has besides its variance times the vector; its length.
double Projection::residual(size_t j, double* vector) const {
  const double* const ritz = basis_.data() + j * dimension_;
  const double along = variance(j);
  for (uint32_t d = 0; d < dimension_; ++d) vector[d] = ritz[d + toImage()] - along * ritz[d];
  return std::sqrt(dot(vector, vector));
}

void Projection::setComponents() {
  const double mean = activeKernels().dot(means(), means(), dimension_);
  const double noise = kRounding * kRounding * mean * static_cast<double>(sample_);
  for (size_t j = 0; j < wanted_; ++j) {
    double largest = 0;
    for (uint32_t d = 0; d < dimension_; ++d) {
      if (std::abs(basis(j)[d]) > std::abs(largest)) largest = basis(j)[d];
    }
    for (uint32_t d = 0; d < dimension_; ++d) {
      component(j)[d] = static_cast<float>(largest < 0 ? -basis(j)[d] : basis(j)[d]);
    }
    if (variance_ > noise) {
      *share(j) = static_cast<float>(std::clamp(variance(j) / variance_, 0.0, 1.0));
    }
  }
}

// Not inlined, here and below: many places, and none where time goes.
[[gnu::noinline]] double Projection::variance(size_t i) const {
  const double* const vector = basis_.data() + i * dimension_;
  return dot(vector, vector + toImage());
}

[[gnu::noinline]] double Projection::dot(const double* a, const double* b) const {
  double sum = 0;
  for (uint32_t d = 0; d < dimension_; ++d) sum += a[d] * b[d];
  return sum;
}

}  // namespace pagevec
