#include "index/projection.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace pagevec {
namespace {

using Vector = std::vector<double>;

/// Rows whose sum is made in float. Fixed, so that slices do not change the result.
constexpr size_t kTileRows = 64;
/// Directions that are kept besides the components and as many new ones.
constexpr size_t kExtra = 8;
/// Of its length, what a vector must keep beside the others to be a direction of its own.
constexpr double kIndependent = 1e-8;

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

void addScaled(double factor, const Vector& from, Vector& to) {
  for (size_t i = 0; i < to.size(); ++i) to[i] += factor * from[i];
}

/// Gram and Schmidt, twice, since once leaves what rounding left. False where nothing of its own is
/// left of it.
bool orthonormalize(const std::vector<Vector>& basis, Vector& vector) {
  for (int round = 0; round < 2; ++round) {
    const double before = std::sqrt(dot(vector, vector));
    for (const Vector& each : basis) addScaled(-dot(each, vector), each, vector);
    const double length = std::sqrt(dot(vector, vector));
    if (!(length > kIndependent * before)) return false;
    for (double& value : vector) value /= length;
  }
  return true;
}

/// The cyclic Jacobi method (Golub and Van Loan, Matrix Computations, 8.5.3): makes the symmetric
/// matrix diagonal. Returns its eigenvectors as rows, in the order of the diagonal.
std::vector<Vector> diagonalize(std::vector<Vector>& matrix) {
  const size_t n = matrix.size();
  std::vector<Vector> vectors(n, Vector(n));
  for (size_t i = 0; i < n; ++i) vectors[i][i] = 1;
  constexpr int kMaxSweeps = 30;
  bool rotated = true;
  for (int sweep = 0; sweep < kMaxSweeps && rotated; ++sweep) {
    rotated = false;
    for (size_t p = 0; p + 1 < n; ++p) {
      for (size_t q = p + 1; q < n; ++q) {
        const double off = matrix[p][q];
        if (std::abs(off) <= 1e-15 * std::sqrt(std::abs(matrix[p][p] * matrix[q][q]))) continue;
        rotated = true;
        const double ratio = (matrix[q][q] - matrix[p][p]) / (2 * off);
        const double t = (ratio < 0 ? -1 : 1) / (std::abs(ratio) + std::hypot(1, ratio));
        const double cosine = 1 / std::hypot(1, t);
        const double sine = t * cosine;
        auto rotate = [&](double& a, double& b) {
          a = std::exchange(b, sine * a + cosine * b) * -sine + cosine * a;
        };
        for (size_t i = 0; i < n; ++i) rotate(matrix[i][p], matrix[i][q]);
        for (size_t i = 0; i < n; ++i) rotate(matrix[p][i], matrix[q][i]);
        for (size_t i = 0; i < n; ++i) rotate(vectors[p][i], vectors[q][i]);
      }
    }
  }
  return vectors;
}

/// The sums of the vectors, each weighed as a row of weights says.
std::vector<Vector> combine(const std::vector<Vector>& weights, const std::vector<Vector>& vectors) {
  std::vector<Vector> sums;
  for (const Vector& row : weights) {
    Vector& sum = sums.emplace_back(vectors[0].size());
    for (size_t i = 0; i < row.size(); ++i) addScaled(row[i], vectors[i], sum);
  }
  return sums;
}

/// Numbers without a pattern, the same each time: Marsaglia, "Xorshift RNGs" (2003).
Vector arbitraryVector(size_t dimension, uint32_t& state) {
  Vector vector(dimension);
  for (double& value : vector) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    value = static_cast<int32_t>(state);
  }
  return vector;
}

}  // namespace

Projection::Projection(std::shared_ptr<const VectorStore> store, std::vector<Row> rows,
                       uint32_t components, size_t sample)
    : store_(std::move(store)),
      rows_(std::move(rows)),
      dimension_(store_ ? store_->dimension() : 0),
      wanted_(std::min(components, dimension_)),
      sample_(std::min(sample, rows_.size())),
      row_(dimension_),
      sums_(dimension_),
      totals_(dimension_),
      mean_(dimension_),
      components_(size_t{components} * dimension_),
      shares_(components),
      points_(rows_.size() * components) {}

size_t Projection::step(size_t maxRows) {
  for (; maxRows > 0 && stage_ != Stage::Finished; --maxRows) {
    if (next_ < stageRows()) {
      visit(read(next_));
      if (++next_ % kTileRows == 0) flush();
    }
    if (next_ == stageRows()) endStage();
  }
  return left();
}

size_t Projection::left() const {
  if (stage_ == Stage::Finished) return 0;
  if (stage_ == Stage::Points) return rows_.size() - next_;
  return sample_ * (stage_ == Stage::Mean ? kMaxPasses + 1 : kMaxPasses - passes_) - next_ +
         rows_.size();
}

/// A row of the stage, less the mean, where that is known.
const float* Projection::read(size_t i) {
  const size_t at = stage_ == Stage::Points ? i : uint64_t{i} * rows_.size() / sample_;
  store_->approximate(rows_[at], row_.data());
  if (store_->space() == Space::Cosine) {
    double squares = 0;
    for (const float value : row_) squares += double{value} * value;
    const double inverse = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (float& value : row_) value = static_cast<float>(value * inverse);
  }
  for (uint32_t d = 0; d < dimension_; ++d) row_[d] -= mean_[d];
  return row_.data();
}

void Projection::visit(const float* row) {
  const auto& kernels = activeKernels();
  const size_t components = shares_.size();
  if (stage_ == Stage::Mean) {
    for (uint32_t d = 0; d < dimension_; ++d) sums_[d] += row[d];
  } else if (stage_ == Stage::Points) {
    for (size_t j = 0; j < components; ++j) {
      points_[next_ * components + j] =
          kernels.dot(row, components_.data() + j * dimension_, dimension_);
    }
  } else {
    if (passes_ == 0) variance_ += kernels.dot(row, row, dimension_);
    for (size_t at = 0; at < block_.size(); at += dimension_) {
      const float along = kernels.dot(row, block_.data() + at, dimension_);
      float* __restrict sum = sums_.data() + at;
      for (uint32_t d = 0; d < dimension_; ++d) sum[d] += along * row[d];
    }
  }
}

void Projection::flush() {
  for (size_t i = 0; i < sums_.size(); ++i) totals_[i] += std::exchange(sums_[i], 0.0f);
}

void Projection::endStage() {
  flush();
  next_ = 0;
  if (stage_ == Stage::Points || rows_.empty() || dimension_ == 0) {
    stage_ = Stage::Finished;
  } else if (stage_ == Stage::Passes) {
    endPass();
  } else {
    for (uint32_t d = 0; d < dimension_; ++d) {
      mean_[d] = static_cast<float>(totals_[d] / static_cast<double>(sample_));
    }
    std::vector<Vector> directions;
    uint32_t state = 1;
    for (uint32_t j = 0; j < wanted_; ++j) directions.push_back(arbitraryVector(dimension_, state));
    stage_ = Stage::Passes;
    beginPass(std::move(directions));
  }
}

/// Makes the directions part of the basis; the pass gives their images.
void Projection::beginPass(std::vector<Vector> directions) {
  block_.clear();
  for (Vector& direction : directions) {
    if (basis_.size() == dimension_ || !orthonormalize(basis_, direction)) continue;
    block_.insert(block_.end(), direction.begin(), direction.end());
    basis_.push_back(std::move(direction));
  }
  sums_.assign(block_.size(), 0);
  totals_.assign(block_.size(), 0);
}

void Projection::endPass() {
  ++passes_;
  for (auto at = totals_.begin(); at != totals_.end(); at += dimension_) {
    images_.emplace_back(at, at + dimension_);
  }
  solve();
  std::vector<Vector> next = residuals();
  if (!next.empty() && passes_ < kMaxPasses) {
    if (basis_.size() + next.size() > 2 * wanted_ + kExtra) {
      // Half of the others make up for what a restart forgets.
      basis_.resize(wanted_ + kExtra / 2);
      images_.resize(basis_.size());
    }
    beginPass(std::move(next));
    if (!block_.empty()) return;
  }
  setComponents();
  stage_ = Stage::Points;
}

/// Rayleigh and Ritz: turns the basis so that the covariance within it is diagonal.
void Projection::solve() {
  const size_t n = basis_.size();
  std::vector<Vector> matrix(n, Vector(n));
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      matrix[i][j] = matrix[j][i] = (dot(basis_[i], images_[j]) + dot(basis_[j], images_[i])) / 2;
    }
  }
  std::vector<Vector> vectors = diagonalize(matrix);
  std::vector<std::pair<double, size_t>> order;
  for (size_t i = 0; i < n; ++i) order.emplace_back(-matrix[i][i], i);
  std::sort(order.begin(), order.end());
  std::vector<Vector> weights;
  variances_.clear();
  for (const auto& [negative, i] : order) {
    variances_.push_back(-negative);
    weights.push_back(std::move(vectors[i]));
  }
  basis_ = combine(weights, basis_);
  images_ = combine(weights, images_);
}

/// What the components that are not exact enough yet lack.
std::vector<Vector> Projection::residuals() const {
  std::vector<Vector> vectors;
  for (uint32_t j = 0; j < wanted_; ++j) {
    Vector residual = images_[j];
    addScaled(-variances_[j], basis_[j], residual);
    if (std::sqrt(dot(residual, residual)) > kTolerance * variances_[0]) {
      vectors.push_back(std::move(residual));
    }
  }
  return vectors;
}

void Projection::setComponents() {
  for (uint32_t j = 0; j < wanted_; ++j) {
    const Vector& component = basis_[j];
    const auto largest =
        std::max_element(component.begin(), component.end(),
                         [](double a, double b) { return std::abs(a) < std::abs(b); });
    const double sign = *largest < 0 ? -1 : 1;
    for (uint32_t d = 0; d < dimension_; ++d) {
      components_[size_t{j} * dimension_ + d] = static_cast<float>(sign * component[d]);
    }
    if (variance_ > 0) {
      shares_[j] = static_cast<float>(std::clamp(variances_[j] / variance_, 0.0, 1.0));
    }
  }
}

}  // namespace pagevec
