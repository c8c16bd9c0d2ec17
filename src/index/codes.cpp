#include "index/codes.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>

namespace pagevec {
namespace {

constexpr int kOperandPeak = 127;
constexpr size_t kMaxSampleValues = size_t{1} << 20;

// Of codes of 4 bits, as kZero7 and kPeak7: zero is one of the codes, or the many zeros of a sparse vector
// would add up.
constexpr int kZero4 = 8, kPeak4 = 7;

size_t roundUp(size_t count, size_t step) { return (count + step - 1) / step * step; }

// The magnitude that all but this share of the values stay below. Every n-th value of a large sample
// is enough.
float quantile(std::span<const float> values, double above) {
  const size_t step = values.size() / kMaxSampleValues + 1;
  std::vector<float> magnitudes;
  magnitudes.reserve(values.size() / step + 1);
  for (size_t i = 0; i < values.size(); i += step) magnitudes.push_back(std::fabs(values[i]));
  const auto rank = static_cast<size_t>(static_cast<double>(magnitudes.size()) * above);
  const auto place = magnitudes.end() - 1 - static_cast<ptrdiff_t>(rank);
  std::nth_element(magnitudes.begin(), place, magnitudes.end());
  return *place;
}

// Sparse vectors: most values are zero, and the quantile with them.
float clipOf(std::span<const float> sample, Codes::Bits bits) {
  const float clip = quantile(sample, bits == Codes::Bits::Seven ? 0.0001 : 0.004);
  if (clip > 0) return clip;
  const float peak = largestMagnitude(sample.data(), sample.size());
  return peak > 0 ? peak : 1;
}

// Values beyond the peak are clipped; NaN, which is 0 times an infinite inverse, becomes -peak. One
// copy for both forms, since vectors of a loop are long code.
[[gnu::noinline]] void writeCodes(std::span<const float> values, float inverse, int peak, int zero,
                                  uint8_t* codes) {
  const auto most = static_cast<float>(peak);
  for (size_t i = 0; i < values.size(); ++i) {
    const float k = std::min(std::max(-most, values[i] * inverse), most);
    codes[i] = static_cast<uint8_t>(nearest(k) + zero);
  }
}

}  // namespace

Codes::Codes(Space space, uint32_t dimension, Bits bits, std::span<const float> sample)
    : Codes(space, dimension, bits, clipOf(sample, bits)) {}

Codes::Codes(Space space, uint32_t dimension, Bits bits, float clip)
    : space_(space),
      dimension_(dimension),
      bits_(bits),
      rowBytes_(bits == Bits::Seven ? roundUp(dimension, 16) : roundUp(dimension, 32) / 2),
      clip_(clip),
      zero_(bits == Bits::Seven ? kZero7 : kZero4),
      peak_(bits == Bits::Seven ? kPeak7 : kPeak4),
      scale_(clip / static_cast<float>(peak_)),
      kernels_(&activeCodeKernels()),
      codes_(RowBlocks::ofWrittenRows(bits == Bits::Seven ? dimension : rowBytes_)) {}

Codes Codes::emptyTwin() const { return Codes(space_, dimension_, bits_, clip_); }

// The common scale where it suits the row: a row whose largest value is far above would be clipped
// out of shape, one far below would use a few of the codes only.
float Codes::fittingScale(float peak) const {
  const float own = peak / static_cast<float>(peak_);
  if ((peak <= 2 * clip_ && peak >= clip_ / 4) || own < FLT_MIN) return scale_;
  return own;
}

int Codes::codeAt(const uint8_t* codes, size_t i) const {
  if (bits_ == Bits::Seven) return codes[i];
  return codes[i / 32 * 16 + i % 16] >> (i % 32 < 16 ? 0 : 4) & 15;
}

void Codes::write(const float* values, float scale, uint8_t* codes) const {
  const float inverse = 1 / scale;
  const std::span<const float> all(values, dimension_);
  if (bits_ == Bits::Seven) return writeCodes(all, inverse, peak_, zero_, codes);
  constexpr size_t kStep = 32;  // in 16 bytes, of which those at the end are padded
  for (size_t i = 0; i < all.size(); i += kStep) {
    uint8_t wide[kStep] = {};
    writeCodes(all.subspan(i, std::min(all.size() - i, kStep)), inverse, peak_, zero_, wide);
    for (size_t j = 0; j < 16; ++j) {
      codes[i / 2 + j] = static_cast<uint8_t>(wide[j] | wide[16 + j] << 4);
    }
  }
}

void Codes::append(const float* values, float peak) {
  const float scale = fittingScale(peak);
  codes_.grow(rows_ + 1);
  write(values, scale, codes_.row(rows_));
  keepTerms(rows_++, scale);
}

void Codes::appendFrom(const Codes& twin, Row row) {
  codes_.grow(rows_ + 1);
  std::memcpy(codes_.row(rows_), twin.codes_.row(row), rowBytes_);
  keepTerms(rows_++, twin.rowScale(row));
}

void Codes::appendStored(const uint8_t* codes, float scale) {
  codes_.grow(rows_ + 1);
  std::memcpy(codes_.row(rows_), codes, dimension_);
  keepTerms(rows_++, scale);
}

void Codes::keepTerms(Row row, float scale) {
  if (scale != scale_ && rowScales_.empty()) rowScales_.assign(row, scale_);
  if (scale != scale_ || !rowScales_.empty()) rowScales_.push_back(scale);
  if (space_ != Space::L2) return;
  const uint8_t* codes = codes_.row(row);
  int32_t squares = 0;
  for (size_t i = 0; i < dimension_; ++i) {
    const int k = codeAt(codes, i) - zero_;
    squares += k * k;
  }
  norms_.push_back(scale * scale * static_cast<float>(squares));
}

bool Codes::same(Row a, Row b) const {
  return rowScale(a) == rowScale(b) && std::memcmp(codes_.row(a), codes_.row(b), rowBytes_) == 0;
}

int32_t Codes::sumOf(CodeOperand& operand) const {
  int32_t sum = 0;
  for (const int8_t value : operand.narrow) sum += value;
  if (kernels_->wide) operand.wide.assign(operand.narrow.begin(), operand.narrow.end());
  return sum;
}

void Codes::finish(CodeQuery& query) const {
  query.offset = zero_ * sumOf(query.operand);
  if (space_ != Space::L2) return;
  int32_t squares = 0;
  for (const int8_t value : query.operand.narrow) squares += value * value;
  query.norm = query.scale * query.scale * static_cast<float>(squares);
}

void Codes::setQuery(const float* values, CodeQuery& query) const {
  const size_t count =
      dimension_;  // a copy: the compiler must assume that bytes written overlap it
  query.operand.narrow.assign(roundUp(count, 32), 0);
  int8_t* const narrow = query.operand.narrow.data();
  const float scale = largestMagnitude(values, count) / kOperandPeak;
  query.scale = scale < FLT_MIN ? 0 : scale;
  const float inverse = scale < FLT_MIN ? 0 : 1 / scale;
  for (size_t i = 0; i < count; ++i) narrow[i] = static_cast<int8_t>(nearest(values[i] * inverse));
  finish(query);
}

void Codes::setQuery(Row row, CodeQuery& query) const {
  const size_t count = dimension_;
  query.operand.narrow.assign(roundUp(count, 32), 0);
  int8_t* const narrow = query.operand.narrow.data();
  const uint8_t* const codes = codes_.row(row);
  if (bits_ == Bits::Seven) {
    for (size_t i = 0; i < count; ++i) narrow[i] = static_cast<int8_t>(codes[i] - kZero7);
  } else {
    for (size_t i = 0; i < count; ++i) narrow[i] = static_cast<int8_t>(codeAt(codes, i) - kZero4);
  }
  query.scale = rowScale(row);
  finish(query);
}

float Codes::toDistance(const CodeQuery& query, Row row, int32_t dot) const {
  const float unit = query.scale * rowScale(row);
  const float product = unit * static_cast<float>(dot - query.offset);
  if (space_ != Space::L2) return 1 - product;
  return std::max(0.0f, query.norm + norms_[row] - 2 * product);
}

// The same where all rows have one scale, in a loop that becomes vectors.
void Codes::toDistances(const CodeQuery& query, const int32_t* dots, size_t count,
                        float* distances) const {
  const float unit = query.scale * scale_;
  const int32_t offset = query.offset;
  for (size_t i = 0; i < count; ++i) {
    distances[i] = 1 - unit * static_cast<float>(dots[i] - offset);
  }
}

void Codes::estimate(const CodeQuery& query, const Row* rows, size_t count,
                     float* distances) const {
  constexpr size_t kStep = 32;
  const uint8_t* codes[kStep];
  int32_t dots[kStep];
  for (; count > 0; rows += kStep, distances += kStep) {
    const size_t n = std::min(count, kStep);
    for (size_t i = 0; i < n; ++i) codes[i] = codes_.row(rows[i]);
    (bits_ == Bits::Seven ? kernels_->dots7 : kernels_->dots4)(query.operand, codes, n, rowBytes_,
                                                               dots);
    if (rowScales_.empty() && space_ != Space::L2) {
      toDistances(query, dots, n, distances);
    } else {
      for (size_t i = 0; i < n; ++i) distances[i] = toDistance(query, rows[i], dots[i]);
    }
    count -= n;
  }
}

void Codes::decode(Row row, float* values) const {
  const uint8_t* codes = codes_.row(row);
  const float scale = rowScale(row);
  for (size_t i = 0; i < dimension_; ++i) {
    values[i] = scale * static_cast<float>(codeAt(codes, i) - zero_);
  }
}

size_t Codes::bytes() const {
  return codes_.bytes() + (rowScales_.capacity() + norms_.capacity()) * sizeof(float);
}

}  // namespace pagevec
