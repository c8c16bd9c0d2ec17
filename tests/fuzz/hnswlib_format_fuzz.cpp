// Bytes -> readHnswlib: what is believed must be safe to search and must survive being written.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "index/hnswlib_format.h"

using namespace pagevec;

namespace {

/// The header's own numbers made consistent, or an input would almost never pass its checks.
Bytes repaired(const uint8_t* data, size_t size) {
  ByteReader in({data, size});
  const uint64_t m = 2 + in.number<uint8_t>() % 4;
  const uint64_t dimension = 1 + in.number<uint8_t>() % 3;
  const uint64_t count = in.number<uint8_t>() % 12;
  const uint64_t vectorOffset = 4 + 8 * m;
  const uint64_t labelOffset = vectorOffset + 4 * dimension;
  ByteWriter out;
  for (const uint64_t number :
       {uint64_t{0}, count, count, labelOffset + 8, labelOffset, vectorOffset}) {
    out.number(number);
  }
  out.number(count == 0 ? UINT32_MAX : in.number<uint8_t>() % 3u);
  out.number(count == 0 ? UINT32_MAX : in.number<uint8_t>() % 12u);
  for (const uint64_t number : {m, 2 * m, m}) out.number(number);
  out.number(1.5);
  out.number(uint64_t{10});
  // A byte a number, so that mutations meet small counts and targets.
  for (uint64_t i = 0; i < count; ++i) {
    for (uint64_t word = 0; word < 1 + 2 * m; ++word) out.number(uint32_t{in.number<uint8_t>()});
    for (uint64_t word = 0; word < dimension; ++word) out.number(float{1} * in.number<int8_t>());
    out.number(i);
  }
  for (uint64_t i = 0; i < count; ++i) {
    const uint32_t levels = in.number<uint8_t>() % 3;
    out.number(static_cast<uint32_t>(levels * (4 + 4 * m)));
    for (uint64_t word = 0; word < levels * (1 + m); ++word) {
      out.number(uint32_t{in.number<uint8_t>()});
    }
  }
  return out.take();
}

void check(ByteView file) {
  const auto read = readHnswlib(file);
  if (!read.ok()) {
    if (read.status().message().empty()) std::abort();
    return;
  }
  const size_t count = read->labels.size();
  VectorStore store(Space::L2, read->dimension);
  std::vector<float> vectors(count * read->dimension);
  for (size_t i = 0; i < count; ++i) {
    float* vector = vectors.data() + i * read->dimension;
    copyVector(file, read.value(), i, vector);
    store.append(vector);
  }
  auto index = HnswIndex::fromGraph(store, {read->params.maxNeighbors, 10}, read->graph);
  if (!index.ok()) std::abort();
  const std::vector<float> query(read->dimension);
  if (index.value()->search(query.data(), {.k = 3, .efSearch = 1}).size() !=
      std::min<size_t>(count, 3)) {
    std::abort();
  }
  const auto written = writeHnswlib(read.value(), vectors);
  if (!written.ok() || written->size() != file.size()) std::abort();
  const auto again = readHnswlib(written.value());
  if (!again.ok() || again->graph.links != read->graph.links) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  if (data[0] % 4 == 0) {
    check({data + 1, size - 1});
  } else {
    check(repaired(data + 1, size - 1));
  }
  return 0;
}
