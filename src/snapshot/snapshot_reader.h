#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/status.h"
#include "collection/collection.h"
#include "snapshot/snapshot_format.h"

namespace pagevec {

/// Builds a collection from the parts of a SnapshotWriter, fed in order, and believes nothing
/// before it is checked: memory grows with the bytes fed, not with the counts they claim.
class SnapshotReader {
 public:
  /// floatsInHeap: CollectionConfig's, which is not stored.
  explicit SnapshotReader(bool floatsInHeap = true) { config_.floatsInHeap = floatsInHeap; }

  /// Takes the next part. Corrupt for damage, a part of another snapshot or one out of order;
  /// FormatTooNew for a part of a later version. After a failure every call gives the same Status.
  Status feed(ByteView part);

  /// The collection, once the End part was fed; Corrupt before that, or when the content
  /// contradicts itself (see Collection::restore). InvalidArgument when called again.
  Result<std::unique_ptr<Collection>> finish();

  /// The collection without its graph, which it links anew from its vectors: for a snapshot that is
  /// damaged after its last vectors part. Corrupt when records or vectors are missing.
  Result<std::unique_ptr<Collection>> finishWithoutGraph();

  /// The generation the parts belong to; 0 before the first part.
  uint64_t generation() const { return generation_; }

 private:
  struct Part;

  Status take(ByteView bytes);
  Status checkPlace(const Part& part) const;
  Status readHeader(const Part& part);
  Status readRecords(const Part& part);
  Status readVectors(const Part& part);
  void readVector(ByteReader& in, std::vector<float>& values) const;
  Status readGraph(const Part& part);
  Status readEnd(const Part& part);
  size_t taken(PartKind kind) const;

  Status status_;
  PartKind kind_ = PartKind::Header;
  uint32_t parts_ = 0;
  uint32_t chain_ = 0;  // CRC over the header checksums of all parts so far
  bool ended_ = false;
  uint64_t generation_ = 0;
  CollectionConfig config_;
  SnapshotTotals totals_;
  CollectionContent content_;
};

}  // namespace pagevec
