#include "index/vector_store.h"

#include <algorithm>
#include <cassert>
#include <cfloat>
#include <cmath>
#include <cstring>

namespace pagevec {
namespace {

constexpr float kShortPeak = 32767;
constexpr Row kSampleRows = VectorStore::kSettleRows;
constexpr size_t kShortStep = 16;  ///< CodeKernels::dotsSplit takes a multiple of it

// peak: the largest magnitude, so that nothing is beyond 32,767.
float writeShorts(std::span<const float> values, float peak, int16_t* shorts) {
  const float scale = peak / kShortPeak < FLT_MIN ? 0 : peak / kShortPeak;
  const float units = scale == 0 ? 0 : 1 / scale;
  for (size_t i = 0; i < values.size(); ++i) {
    shorts[i] = static_cast<int16_t>(nearest(values[i] * units));
  }
  return scale;
}

}  // namespace

Shorts toShorts(std::span<const float> values) {
  Shorts shorts{0, std::vector<int16_t>(values.size())};
  const float peak = largestMagnitude(values.data(), values.size());
  shorts.scale = writeShorts(values, peak, shorts.values.data());
  return shorts;
}

VectorStore::VectorStore(Space space, uint32_t dimension, const StoreOptions& options)
    : space_(space),
      dimension_(dimension),
      options_(options),
      kernels_(&activeKernels()),
      codeKernels_(&activeCodeKernels()),
      floats_(RowBlocks::ofWrittenRows(dimension * sizeof(float))),
      shorts_(RowBlocks::ofWrittenRows(dimension * sizeof(int16_t))) {}

bool VectorStore::usesCodes() const {
  return options_.quantization != Quantization::None && dimension_ >= kMinCodedDimension;
}

Row VectorStore::append(const float* values) {
  const float inverse = space_ == Space::Cosine ? inverseNorm(values, dimension_) : 0;
  if (settled()) encode(values, inverse);
  if (keepsFloats_) appendFloats(values, inverse);
  const Row row = rows_++;
  if (rows_ == kSettleRows) settle();
  return row;
}

Row VectorStore::appendFrom(const VectorStore& other, Row row) {
  if (codes_) codes_->appendFrom(*other.codes_, row);
  if (bits_) bits_->appendFrom(*other.bits_, row);
  if (keepsFloats_) {
    appendFloats(other.floats(row), space_ == Space::Cosine ? other.inverseNorms_[row] : 0);
  } else if (!onlyCodes()) {
    appendPrecise(other, row);
  }
  return rows_++;
}

void VectorStore::appendPrecise(const VectorStore& other, Row row) {
  if (residuals_) return residuals_->appendFrom(*other.residuals_, row);
  shorts_.grow(rows_ + 1);
  std::memcpy(shorts_.row(rows_), other.shorts_.row(row), dimension_ * sizeof(int16_t));
  shortScales_.push_back(other.shortScales_[row]);
}

VectorStore VectorStore::emptyTwin() const {
  VectorStore twin(space_, dimension_, options_);
  twin.keepsFloats_ = keepsFloats_;
  if (codes_) twin.codes_ = codes_->emptyTwin();
  if (bits_) twin.bits_ = bits_->emptyTwin();
  if (residuals_) twin.residuals_ = std::make_unique<Residuals>(dimension_);
  return twin;
}

void VectorStore::appendFloats(const float* values, float inverse) {
  floats_.grow(rows_ + 1);
  std::memcpy(floats_.row(rows_), values, dimension_ * sizeof(float));
  if (space_ == Space::Cosine) inverseNorms_.push_back(inverse);
}

// The forms beside the floats, or in their place.
void VectorStore::encode(const float* values, float inverse) {
  const float* vector = normalized(values, inverse, room_);
  const bool shorts = options_.precision == Precision::Int16 && !residuals_;
  const float peak = codes_ || shorts ? largestMagnitude(vector, dimension_) : 0;
  if (codes_) codes_->append(vector, peak);
  if (bits_) bits_->append(vector);
  if (residuals_) residuals_->append(vector, peak, *codes_);
  if (shorts) appendShorts(vector, peak);
}

// A scale a row, so that vectors of any size keep 15 bits.
void VectorStore::appendShorts(const float* values, float peak) {
  const size_t row = shortScales_.size();
  shorts_.grow(row + 1);
  auto* const shorts = reinterpret_cast<int16_t*>(shorts_.row(row));
  shortScales_.push_back(writeShorts({values, dimension_}, peak, shorts));
}

// In double where float would lose it: the norm of huge or tiny values.
const float* VectorStore::normalized(const float* values, float inverse,
                                     std::vector<float>& room) const {
  if (space_ != Space::Cosine) return values;
  room.resize(dimension_);
  float* const row = room.data();
  if (std::isnormal(inverse) || inverse == 0) {
    for (uint32_t i = 0; i < dimension_; ++i) row[i] = values[i] * inverse;
  } else {
    std::copy_n(values, dimension_, row);
    normalize(room);
  }
  return row;
}

std::vector<float> VectorStore::sample() const {
  std::vector<float> values;
  std::vector<float> room;
  const Row step = (rows_ + kSampleRows - 1) / kSampleRows;
  for (Row row = 0; row < rows_; row += step) {
    const float inverse = space_ == Space::Cosine ? inverseNorms_[row] : 0;
    const float* vector = normalized(floats(row), inverse, room);
    values.insert(values.end(), vector, vector + dimension_);
  }
  return values;
}

void VectorStore::settle() {
  if (settled() || rows_ == 0 || !usesCodes()) return;
  if (options_.quantization == Quantization::Binary) {
    bits_.emplace(space_, dimension_, sample());
  } else {
    const bool four = options_.quantization == Quantization::Int4;
    codes_.emplace(space_, dimension_, four ? Codes::Bits::Four : Codes::Bits::Seven, sample());
    if (!four && options_.precision == Precision::Int16) {
      residuals_ = std::make_unique<Residuals>(dimension_);
    }
  }
  for (Row row = 0; row < rows_; ++row) {
    encode(floats(row), space_ == Space::Cosine ? inverseNorms_[row] : 0);
  }
  if (options_.precision == Precision::Float32) return;
  keepsFloats_ = false;
  floats_ = RowBlocks::ofWrittenRows(dimension_ * sizeof(float));
  inverseNorms_ = {};
}

std::span<const float> VectorStore::vector(Row row) const {
  assert(row < rows_ && keepsFloats_);
  return {floats(row), dimension_};
}

void VectorStore::approximate(Row row, float* values) const {
  if (keepsFloats_) {
    std::copy_n(floats(row), dimension_, values);
  } else if (onlyCodes()) {
    withCodes([=](const auto& codes) { codes.decode(row, values); });
  } else {
    decodePrecise(row, values);
  }
}

size_t VectorStore::candidates(size_t k) const {
  if (!coded()) return k;
  switch (options_.quantization) {
    case Quantization::Binary: return std::max(k + 50, 5 * k);
    case Quantization::Int4: return std::max(k + 15, 5 * k / 2);
    default: return std::max(k + 5, 3 * k / 2);
  }
}

void VectorStore::prepare(const float* values, Query& query) const {
  query.values = values;
  query.inverseNorm = space_ == Space::Cosine ? inverseNorm(values, dimension_) : 0;
  if (!settled()) return;
  const float* const vector = normalized(values, query.inverseNorm, query.row);
  withCodes([&](const auto& codes) { codes.setQuery(vector, query.codes); });
  if (!comparesShorts()) return;
  query.shorts.assign((dimension_ + kShortStep - 1) / kShortStep * kShortStep, 0);
  const float peak = largestMagnitude(vector, dimension_);
  query.shortScale = writeShorts({vector, dimension_}, peak, query.shorts.data());
}

// Of bits alone links would be worse: what is more precise stands for the row where it is held.
void VectorStore::prepare(Row row, Query& query) const {
  const float inverse = keepsFloats_ && space_ == Space::Cosine ? inverseNorms_[row] : 0;
  if (bits_ && !onlyCodes()) {
    if (keepsFloats_) {
      return bits_->setQuery(normalized(floats(row), inverse, query.row), query.codes);
    }
    query.row.resize(dimension_);
    decodePrecise(row, query.row.data());
    return bits_->setQuery(query.row.data(), query.codes);
  }
  if (settled()) return withCodes([&](const auto& codes) { codes.setQuery(row, query.codes); });
  query.values = floats(row);
  query.inverseNorm = inverse;
}

void VectorStore::touch(const Row* rows, size_t count) const {
  if (!settled()) return floats_.touch(rows, count);
  withCodes([=](const auto& codes) { codes.touch(rows, count); });
}

void VectorStore::estimate(const Query& query, const Row* rows, size_t count,
                           float* distances) const {
  if (settled()) return codeDistances(query, rows, count, distances);
  for (size_t i = 0; i < count; ++i) distances[i] = floatDistance(query, rows[i]);
}

void VectorStore::codeDistances(const Query& query, const Row* rows, size_t count,
                                float* distances) const {
  withCodes([&](const auto& codes) { codes.estimate(query.codes, rows, count, distances); });
}

void VectorStore::decodePrecise(Row row, float* values) const {
  if (residuals_) return residuals_->decode(row, *codes_, values);
  const auto* shorts = reinterpret_cast<const int16_t*>(shorts_.row(row));
  const float scale = shortScales_[row];
  for (uint32_t i = 0; i < dimension_; ++i) values[i] = scale * shorts[i];
}

void VectorStore::distances(const Query& query, const Row* rows, size_t count,
                            float* distances) const {
  if (onlyCodes()) return codeDistances(query, rows, count, distances);
  if (comparesShorts()) return shortDistances(query, rows, count, distances);
  for (size_t i = 0; i < count; ++i) distances[i] = floatDistance(query, rows[i]);
}

float VectorStore::distance(const Query& query, Row row) const {
  float result;
  distances(query, &row, 1, &result);
  return result;
}

// In double, which no product of two scales and a sum leaves. A zero vector has the scale 0, and so
// for cosine the distance 1.
void VectorStore::shortDistances(const Query& query, const Row* rows, size_t count,
                                 float* distances) const {
  if (residuals_) {
    return residuals_->distances(query.shorts, query.shortScale, *codes_, rows, count, distances);
  }
  constexpr size_t kStep = 32;
  const int16_t* shorts[kStep];
  if (count > 1) shorts_.touch(rows, count);
  for (; count > 0; rows += kStep, distances += kStep) {
    const size_t n = std::min(count, kStep);
    for (size_t i = 0; i < n; ++i) {
      shorts[i] = reinterpret_cast<const int16_t*>(shorts_.row(rows[i]));
    }
    codeKernels_->dots16(query.shorts.data(), shorts, n, query.shorts.size(), distances);
    for (size_t i = 0; i < n; ++i) {
      const double unit = double{query.shortScale} * shortScales_[rows[i]];
      distances[i] = static_cast<float>(1 - unit * distances[i]);
    }
    count -= n;
  }
}

float VectorStore::floatDistance(const Query& query, Row row) const {
  assert(row < rows_);
  if (!keepsFloats_) {
    query.row.resize(dimension_);
    decodePrecise(row, query.row.data());
  }
  const float* values = keepsFloats_ ? floats(row) : query.row.data();
  switch (space_) {
    case Space::Ip: return ipDistance(query.values, values, dimension_, *kernels_);
    case Space::Cosine:
      return cosineDistance(query.values, query.inverseNorm, values, inverseNorms_[row], dimension_,
                            *kernels_);
    case Space::L2: break;
  }
  return kernels_->squaredL2(query.values, values, dimension_);
}

bool VectorStore::same(Row a, Row b) const {
  if (settled()) return withCodes([=](const auto& codes) { return codes.same(a, b); });
  return std::memcmp(floats(a), floats(b), dimension_ * sizeof(float)) == 0;
}

size_t VectorStore::comparedBytes() const {
  if (!usesCodes()) return dimension_ * sizeof(float);
  switch (options_.quantization) {
    case Quantization::Binary: return dimension_ / 8;
    case Quantization::Int4: return dimension_ / 2;
    default: return dimension_;
  }
}

size_t VectorStore::bytes() const {
  const size_t terms = inverseNorms_.capacity() + shortScales_.capacity() + room_.capacity();
  const size_t codes = settled() ? withCodes([](const auto& held) { return held.bytes(); }) : 0;
  const size_t residuals = residuals_ ? residuals_->bytes() : 0;
  return floats_.bytes() + shorts_.bytes() + residuals + terms * sizeof(float) + codes;
}

}  // namespace pagevec
