#include "index/residuals.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "distance/distance.h"
#include "distance/vector_limits.h"

namespace pagevec {
namespace {

static_assert(kMaxDimension - 1 <= UINT16_MAX, "an excess has 16 bits for its dimension");

constexpr float kMostSteps = kPeak7 + 0.5f;  ///< from zero, of a value that codes hold

}  // namespace

Residuals::Residuals(uint32_t dimension)
    : dimension_(dimension),
      kernels_(&activeCodeKernels()),
      residuals_(RowBlocks::ofWrittenRows(dimension)) {}

// What rounding to a code took away. Halfway between two codes that may be 128 units, which a byte lacks.
void Residuals::append(const float* values, float peak, const Codes& codes) {
  const float inverse = 1 / codes.scaleOf(rows_);
  const size_t count =
      dimension_;  // a copy: the compiler must assume that bytes written overlap it
  residuals_.grow(rows_ + 1);
  uint8_t* const residual = residuals_.row(rows_);
  for (size_t i = 0; i < count; ++i) {
    const float steps = values[i] * inverse;
    const float rest = std::min((steps - nearestFloat(steps)) * kSteps, kSteps / 2 - 1.0f);
    residual[i] = static_cast<uint8_t>(nearest(rest) + kSteps / 2);
  }
  if (peak * inverse >= kMostSteps) keepExcess(values, inverse, {codes.codesOf(rows_), residual});
  ++rows_;
}

void Residuals::keepExcess(const float* values, float inverse, const SplitRow& row) {
  for (uint32_t i = 0; i < dimension_; ++i) {
    const int units = static_cast<int16_t>(nearest(values[i] * inverse * kSteps)) - row.at(i);
    if (std::abs(units) <= 1) continue;
    excess_.push_back({rows_, static_cast<uint16_t>(i), static_cast<int16_t>(units)});
  }
  exceeding_.insert(rows_);
}

void Residuals::appendFrom(const Residuals& other, Row row) {
  residuals_.grow(rows_ + 1);
  std::memcpy(residuals_.row(rows_), other.residuals_.row(row), dimension_);
  other.forEachExcess(row, [this](Excess excess) {
    excess.row = rows_;
    excess_.push_back(excess);
    exceeding_.insert(rows_);
  });
  ++rows_;
}

template <class Visit>
void Residuals::forEachExcess(Row row, Visit visit) const {
  if (!exceeding_.contains(row)) return;
  auto at = std::ranges::lower_bound(excess_, row, {}, &Excess::row);
  for (; at != excess_.end() && at->row == row; ++at) visit(*at);
}

// In double, which no product of two scales and a sum leaves.
void Residuals::distances(std::span<const int16_t> operand, float scale, const Codes& codes,
                          const Row* rows, size_t count, float* distances) const {
  constexpr size_t kStep = 32;
  SplitRow split[kStep];
  if (count > 1) residuals_.touch(rows, count);
  for (; count > 0; rows += kStep, distances += kStep) {
    const size_t n = std::min(count, kStep);
    for (size_t i = 0; i < n; ++i) split[i] = {codes.codesOf(rows[i]), residuals_.row(rows[i])};
    kernels_->dotsSplit(operand.data(), split, n, operand.size(), distances);
    for (size_t i = 0; i < n; ++i) {
      double product = distances[i];
      forEachExcess(rows[i], [&](const Excess& excess) {
        product += excess.units * operand[excess.dimension];
      });
      distances[i] = static_cast<float>(1 - double{scale} * unitOf(codes, rows[i]) * product);
    }
    count -= n;
  }
}

void Residuals::decode(Row row, const Codes& codes, float* values) const {
  const SplitRow split{codes.codesOf(row), residuals_.row(row)};
  const float unit = unitOf(codes, row);
  for (uint32_t i = 0; i < dimension_; ++i) values[i] = unit * static_cast<float>(split.at(i));
  forEachExcess(row, [&](const Excess& excess) {
    values[excess.dimension] += unit * static_cast<float>(excess.units);
  });
}

size_t Residuals::bytes() const { return residuals_.bytes() + excess_.capacity() * sizeof(Excess); }

}  // namespace pagevec
