#include "index/binary_codes.h"

#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>

namespace pagevec {
namespace {

constexpr size_t kLaneBits = 128;  ///< rows of bits are padded to a multiple of it
constexpr float kOperandPeak = 7;  ///< of whole numbers of 4 bits, with a sign

/// The four bits of a number in a byte each.
constexpr std::array<uint32_t, 16> kSpread = [] {
  std::array<uint32_t, 16> spread{};
  for (uint32_t k = 0; k < 16; ++k)
    spread[k] = (k & 1) | (k & 2) << 7 | (k & 4) << 14 | (k & 8) << 21;
  return spread;
}();

size_t bitBytes(size_t dimension) { return (dimension + kLaneBits - 1) / kLaneBits * 16; }

std::vector<float> meanOf(std::span<const float> sample, size_t dimension) {
  std::vector<double> sums(dimension);
  for (size_t i = 0; i < sample.size(); ++i) sums[i % dimension] += sample[i];
  const double rows = static_cast<double>(sample.size() / dimension);
  std::vector<float> mean(dimension);
  for (size_t i = 0; i < dimension; ++i) mean[i] = static_cast<float>(sums[i] / rows);
  return mean;
}

}  // namespace

BinaryCodes::BinaryCodes(Space space, uint32_t dimension, std::span<const float> sample)
    : BinaryCodes(space, meanOf(sample, dimension)) {}

BinaryCodes::BinaryCodes(Space space, std::vector<float> mean)
    : space_(space),
      rowBytes_(bitBytes(mean.size())),
      mean_(std::move(mean)),
      kernels_(&activeCodeKernels()),
      distances_(&activeKernels()),
      codes_(rowBytes_ + sizeof(Terms)) {}

BinaryCodes BinaryCodes::emptyTwin() const { return {space_, mean_}; }

BinaryCodes::Terms BinaryCodes::termsOf(Row row) const {
  Terms terms;
  std::memcpy(&terms, codes_.row(row) + rowBytes_, sizeof terms);
  return terms;
}

void BinaryCodes::append(const float* values) {
  codes_.grow(rows_ + 1);
  uint8_t* const codes = codes_.row(rows_++);
  double magnitudes = 0, squares = 0, product = 0;
  for (size_t i = 0; i < mean_.size(); ++i) {
    const double rest = double{values[i]} - mean_[i];
    codes[i / 8] |= static_cast<uint8_t>((rest >= 0) << i % 8);
    magnitudes += std::fabs(rest);
    squares += rest * rest;
    product += rest * mean_[i];
  }
  const Terms terms{
      static_cast<float>(magnitudes > 0 ? squares / magnitudes : 0),
      static_cast<float>(magnitudes / static_cast<double>(mean_.size())),
      static_cast<float>(space_ == Space::L2 ? squares : -product),
  };
  std::memcpy(codes + rowBytes_, &terms, sizeof terms);
}

void BinaryCodes::appendFrom(const BinaryCodes& twin, Row row) {
  codes_.grow(rows_ + 1);
  std::memcpy(codes_.row(rows_++), twin.codes_.row(row), rowBytes_ + sizeof(Terms));
}

bool BinaryCodes::same(Row a, Row b) const {
  return std::memcmp(codes_.row(a), codes_.row(b), rowBytes_ + sizeof(Terms)) == 0;
}

// What the query is beside its mean, and what it adds to every distance.
void BinaryCodes::setRest(const float* values, CodeQuery& query) const {
  const size_t count =
      mean_.size();  // a copy: the compiler must assume that bytes written overlap it
  query.rest.resize(count);
  float* const rest = query.rest.data();
  const float* const mean = mean_.data();
  for (size_t i = 0; i < count; ++i) rest[i] = values[i] - mean[i];
  query.norm = space_ == Space::L2 ? distances_->squaredL2(values, mean, count)
                                   : ipDistance(values, mean, count, *distances_);
}

// The planes of whole numbers k are the bits of k, but for the last, which counts -8: two's complement.
void BinaryCodes::setQuery(const float* values, CodeQuery& query) const {
  setRest(values, query);
  const size_t count = mean_.size();
  const float* const rest = query.rest.data();
  const float scale = largestMagnitude(rest, count) / kOperandPeak;
  const float inverse = scale < FLT_MIN ? 0 : 1 / scale;
  query.operand.planes.assign(4 * rowBytes_, 0);
  uint8_t* const planes = query.operand.planes.data();
  int32_t sum = 0;
  for (size_t i = 0; i < count; i += 8) {
    uint32_t bits = 0;  // a byte a plane
    for (size_t j = 0; j < std::min<size_t>(8, count - i); ++j) {
      const int k = static_cast<int>(std::max(-kOperandPeak, rest[i + j] * inverse) + 8.5f) - 8;
      sum += k;
      bits |= kSpread[k & 15] << j;
    }
    uint8_t* const to = planes + i / kLaneBits * 64 + i % kLaneBits / 8;
    for (int plane = 0; plane < 4; ++plane)
      to[16 * plane] = static_cast<uint8_t>(bits >> 8 * plane);
  }
  query.offset = sum;
  query.scale = inverse == 0 ? 0 : scale;
}

// Products of n signs of which d differ are n - 2 d: less than nothing times what kernels count.
void BinaryCodes::setSigns(const float* values, CodeQuery& query) const {
  setRest(values, query);
  query.operand.planes.assign(rowBytes_, 0);
  uint8_t* const bits = query.operand.planes.data();
  double magnitudes = 0;
  for (size_t i = 0; i < mean_.size(); ++i) {
    bits[i / 8] |= static_cast<uint8_t>((query.rest[i] >= 0) << i % 8);
    magnitudes += std::fabs(query.rest[i]);
  }
  query.offset = static_cast<int32_t>(mean_.size());
  query.scale = -static_cast<float>(magnitudes / static_cast<double>(mean_.size()));
}

// What the row's codes stand for is shorter than the row was.
void BinaryCodes::setQuery(Row row, CodeQuery& query) const {
  std::vector<float> values(mean_.size());
  decode(row, values.data());
  setQuery(values.data(), query);
  if (space_ == Space::L2) query.norm = termsOf(row).own;
}

void BinaryCodes::estimate(const CodeQuery& query, const Row* rows, size_t count,
                           float* distances) const {
  distancesBy(kernels_->dots1, false, query, rows, count, distances);
}

void BinaryCodes::roughly(const CodeQuery& query, const Row* rows, size_t count,
                          float* distances) const {
  distancesBy(kernels_->differences1, true, query, rows, count, distances);
}

// Signs are 2 bit - 1. Sums that leave the range of float, as infinity less infinity: the farthest.
void BinaryCodes::distancesBy(DotsOfCodes* kernel, bool readsAhead, const CodeQuery& query,
                              const Row* rows, size_t count, float* distances) const {
  constexpr size_t kStep = 32;
  const uint8_t* codes[kStep];
  int32_t dots[kStep];
  const float unit = space_ == Space::L2 ? 2 * query.scale : query.scale;
  for (; count > 0; rows += kStep, distances += kStep) {
    const size_t n = std::min(count, kStep);
    for (size_t i = 0; i < n; ++i) codes[i] = codes_.row(rows[i]);
    if (readsAhead) codes_.touchAt(codes, n);
    kernel(query.operand, codes, n, rowBytes_, dots);
    for (size_t i = 0; i < n; ++i) {
      Terms terms;
      std::memcpy(&terms, codes[i] + rowBytes_, sizeof terms);
      const float product = unit * terms.unit * static_cast<float>(2 * dots[i] - query.offset);
      const float distance = query.norm + terms.own - product;
      distances[i] = std::min(std::numeric_limits<float>::infinity(), distance);
    }
    count -= n;
  }
}

void BinaryCodes::decode(Row row, float* values) const {
  const uint8_t* const codes = codes_.row(row);
  const float spread = termsOf(row).spread;
  for (size_t i = 0; i < mean_.size(); ++i) {
    values[i] = mean_[i] + (codes[i / 8] >> i % 8 & 1 ? spread : -spread);
  }
}

}  // namespace pagevec
