#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "index/hnsw_index.h"

namespace pagevec {

/// A file of hnswlib 0.8 (HierarchicalNSW<float>::saveIndex, which Python's save_index calls), as
/// 64-bit little-endian machines write it, but for the vectors: these stay where they lie in the
/// file. What the distance is, the file does not say; for cosine hnswlib's Python keeps vectors of
/// norm 1. Element i is node i of the graph, whose rows are 0, 1, 2 and so on.
struct HnswlibIndex {
  uint32_t dimension = 0;
  HnswParams params;             ///< efConstruction may be beyond what HnswIndex takes
  std::vector<uint64_t> labels;  ///< one an element, all different
  std::vector<uint8_t> deleted;  ///< one an element: 1 if it is a way point only
  HnswGraph graph;

  /// Bytes from one vector in the file to the next, and where vector i begins.
  uint64_t stride() const;
  uint64_t vectorOffset(size_t element) const;
};

/// Reads a file. Corrupt, saying what, unless the file has exactly the length that it speaks of,
/// every link fits (see HnswIndex::fromGraph), labels are unique and values finite; so is a file
/// of a 32-bit machine. LimitExceeded for more than 65,536 dimensions or an M that is not 2 to 128.
/// What is allocated is bounded by the file's length.
Result<HnswlibIndex> readHnswlib(ByteView file);

/// Vector i of the file that the index was read from: dimension floats.
void copyVector(ByteView file, const HnswlibIndex& index, size_t element, float* values);

/// Writes a file that hnswlib 0.8 loads, and searches as the graph leads. vectors: one an element,
/// dimension floats each, one after another, for cosine of norm 1; or empty, and the caller writes
/// them at vectorOffset(). The index must be as readHnswlib() gives it: Corrupt, or InvalidArgument
/// for lists of unequal lengths.
Result<Bytes> writeHnswlib(const HnswlibIndex& index, std::span<const float> vectors);

}  // namespace pagevec
