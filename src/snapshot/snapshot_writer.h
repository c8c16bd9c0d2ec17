#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "collection/collection.h"
#include "snapshot/snapshot_format.h"

namespace pagevec {

/// Writes a collection as parts of about 4 MiB, holding one part at a time (and a copy of the
/// graph's links). A collection gives the same parts until it is written to or linked further.
///
///     SnapshotWriter writer(collection, generation);
///     for (Bytes part; writer.next(part);) store(part);
///     if (!writer.status().ok()) ...
class SnapshotWriter {
 public:
  /// collection must outlive the writer. A part is closed once its payload reaches partBytes; one
  /// record, vector or node larger than that makes a larger part.
  SnapshotWriter(const Collection& collection, uint64_t generation, size_t partBytes = kPartBytes);

  /// Puts the next part into part. False after the last one, or when the collection was written to
  /// since the writer was made: status() tells which.
  bool next(Bytes& part);

  /// InvalidArgument when the collection changed under the writer: start the snapshot again.
  const Status& status() const { return status_; }

 private:
  void chooseRows();
  void begin(ByteWriter& out, PartKind kind, uint32_t first) const;
  Bytes seal(ByteWriter& out, uint32_t count);
  uint32_t total(PartKind kind) const;
  Bytes headerPart();
  Bytes listPart();
  Bytes endPart();
  void writeRecord(ByteWriter& out, uint32_t position) const;
  void writeVector(ByteWriter& out, uint32_t position) const;
  void writeNode(ByteWriter& out, uint32_t position);

  const Collection& collection_;
  const uint64_t generation_;
  const size_t partBytes_;
  const uint64_t changes_;
  HnswGraph graph_;
  std::vector<Slot> slots_;     // the records, in insertion order
  std::vector<Row> rows_;       // the rows to write, ascending
  std::vector<Row> storedRow_;  // by row of the collection: its number in the snapshot
  PartKind kind_ = PartKind::Header;
  uint32_t position_ = 0;    // in the list of kind_
  size_t linkPosition_ = 0;  // in graph_.links
  uint32_t parts_ = 0;
  uint32_t chain_ = 0;  // CRC over the header checksums of all parts so far
  bool done_ = false;
  Status status_;
};

}  // namespace pagevec
