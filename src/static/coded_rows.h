#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/status.h"
#include "index/codes.h"
#include "index/index.h"

namespace pagevec {

/// Vectors of norm 1 as a static index has them (docs/static.md), one row after another:
///
///   f32 what one unit of the codes stands for, then a byte a dimension: 64 + k, k from -63 to 63
inline size_t codedRowBytes(uint32_t dimension) { return sizeof(float) + dimension; }

/// The clip (Codes::clip) that suits vectors like these. vectors: at least one, finite, of any norm.
float clipFor(std::span<const float> vectors, uint32_t dimension);

/// Rows of vectors, which are normalized. Equal ones give equal bytes.
Bytes encodeRows(std::span<const float> vectors, uint32_t dimension, float clip);

/// Appends rows, all of the bytes. Corrupt, and nothing is appended, when they are not whole rows, a
/// code is none, or a scale is not from 0 to 1.
Status appendRows(ByteView bytes, uint32_t dimension, Codes& codes);

/// The vectors that rows stand for, as floats.
std::vector<float> decodeRows(const Codes& codes, uint32_t dimension);

/// Calls offer(Neighbor) for each row from first to end, with its estimated distance.
template <class Offer>
void scanRows(const Codes& codes, const CodeQuery& query, Row first, Row end, const Offer& offer) {
  constexpr size_t kTogether = 64;
  Row rows[kTogether];
  float distances[kTogether];
  for (Row row = first; row < end;) {
    size_t count = 0;
    while (count < kTogether && row < end) rows[count++] = row++;
    codes.estimate(query, rows, count, distances);
    for (size_t i = 0; i < count; ++i) offer(Neighbor{distances[i], rows[i]});
  }
}

/// The k nearest of all rows, nearest first.
std::vector<Neighbor> nearestRows(const Codes& codes, const CodeQuery& query, size_t k);

}  // namespace pagevec
