#include "static/coded_rows.h"

#include <algorithm>

#include "distance/distance.h"
#include "index/scan.h"

namespace pagevec {

float clipFor(std::span<const float> vectors, uint32_t dimension) {
  std::vector<float> units(vectors.begin(), vectors.end());
  for (size_t at = 0; at + dimension <= units.size(); at += dimension) {
    normalize({&units[at], dimension});
  }
  return Codes(Space::Cosine, dimension, Codes::Bits::Seven, units).clip();
}

Bytes encodeRows(std::span<const float> vectors, uint32_t dimension, float clip) {
  Codes codes = Codes::withClip(Space::Cosine, dimension, clip);
  ByteWriter writer;
  std::vector<float> unit;
  for (size_t at = 0; at + dimension <= vectors.size(); at += dimension) {
    unit.assign(&vectors[at], &vectors[at] + dimension);
    normalize(unit);
    codes.append(unit.data());
    const Row row = codes.rows() - 1;
    writer.number(codes.scaleOf(row));
    writer.raw({codes.codesOf(row), dimension});
  }
  return writer.take();
}

Status appendRows(ByteView bytes, uint32_t dimension, Codes& codes) {
  const size_t rowBytes = codedRowBytes(dimension);
  const auto invalid = [](uint8_t code) { return code == 0 || code > 127; };
  bool sound = bytes.size() % rowBytes == 0;
  for (size_t at = 0; sound && at < bytes.size(); at += rowBytes) {
    ByteReader reader(bytes.subspan(at, rowBytes));
    const auto scale = reader.number<float>();
    const ByteView row = reader.raw(dimension);
    sound = scale >= 0 && scale <= 1 && std::none_of(row.begin(), row.end(), invalid);
  }
  if (!sound) {
    return {StatusCode::Corrupt,
            "a block of vectors holds what is none; build the index anew and publish all of it"};
  }
  for (size_t at = 0; at < bytes.size(); at += rowBytes) {
    ByteReader reader(bytes.subspan(at, rowBytes));
    const auto scale = reader.number<float>();
    codes.appendStored(reader.raw(dimension).data(), scale);
  }
  return {};
}

std::vector<float> decodeRows(const Codes& codes, uint32_t dimension) {
  std::vector<float> values(size_t{codes.rows()} * dimension);
  for (Row row = 0; row < codes.rows(); ++row) codes.decode(row, &values[row * size_t{dimension}]);
  return values;
}

std::vector<Neighbor> nearestRows(const Codes& codes, const CodeQuery& query, size_t k) {
  TopK nearest(std::min<size_t>(k, codes.rows()));
  scanRows(codes, query, 0, codes.rows(), [&](Neighbor found) { nearest.offer(found); });
  return nearest.take();
}

}  // namespace pagevec
