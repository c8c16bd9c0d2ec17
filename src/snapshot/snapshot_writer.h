#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "collection/collection.h"
#include "snapshot/snapshot_format.h"
#include "snapshot/stored_vectors.h"

namespace pagevec {

/// Writes a collection as parts of about 4 MiB, holding one part at a time (and a copy of the
/// graph's links). A collection gives the same parts until it is written to or linked further.
///
///     SnapshotWriter writer(collection, generation, {});
///     for (Bytes part; writer.next(part) || wanted(writer);) store(part);
///     if (!writer.status().ok()) ...
///
/// Vectors that lie in a part of the snapshot that counts stay there: of such a part only the header is
/// new, and keptFrom() says whose payload belongs to it.
///
/// Floats that the heap does not hold come from where the last snapshot and the journal keep them:
/// next() stops, wanted() says at which block, and goes on when the block was given.
class SnapshotWriter {
 public:
  struct Options {
    /// A part is closed once its payload reaches this; one record, vector or node that is larger makes a
    /// larger part.
    size_t partBytes = kPartBytes;
    /// Parts may be taken over.
    bool keeps = false;
    /// false: rows without a record go, and whoever loads it links the rest anew.
    bool graph = true;
  };

  /// collection must outlive the writer.
  SnapshotWriter(const Collection& collection, uint64_t generation, const Options& options);

  /// Puts the next part into part. False after the last one, when a block is wanted, or when the
  /// collection was written to or linked since the writer was made: wanted() and status() tell which.
  bool next(Bytes& part);

  /// The part of the snapshot that counts whose payload belongs to the header that next() gave; empty
  /// when it gave a whole part.
  std::optional<uint64_t> keptFrom() const { return keptFrom_; }

  /// The block that next() stopped for; Block::None when it did not.
  const VectorPlace& wanted() const { return wanted_; }
  /// The wanted block. A failure of reading it is the writer's.
  void give(Bytes block);

  /// Where the collection's vectors are once the parts are stored.
  VectorPlaces places() const;

  /// InvalidArgument when the collection or its graph changed under the writer: start the snapshot again.
  const Status& status() const { return status_; }

 private:
  /// A part that is taken over, and where its rows begin among those to write.
  struct KeptPart {
    uint32_t position;
    VectorsPart part;
  };

  void chooseRows();
  bool worthKeeping(const VectorsPart& part, Row first, const std::vector<bool>& used) const;
  uint32_t nextKept() const;
  Bytes keptPart(const VectorsPart& part);
  uint16_t version() const;
  void begin(ByteWriter& out, PartKind kind, uint32_t first) const;
  Bytes seal(ByteWriter& out, uint32_t count);
  Bytes chained(Bytes part);
  uint32_t total(PartKind kind) const;
  Bytes headerPart();
  bool listPart(Bytes& part);
  Bytes endPart();
  size_t vectorBytes() const;
  void writeRecord(ByteWriter& out, uint32_t position) const;
  bool writeVector(ByteWriter& out, uint32_t position);
  void writeShorts(ByteWriter& out, Row row) const;
  void writeNode(ByteWriter& out, uint32_t position);

  const Collection& collection_;
  const uint64_t generation_;
  const Options options_;
  const uint64_t changes_;
  HnswGraph nodes_;               // without links
  std::vector<uint32_t> nodeOf_;  // by row of the collection: the node
  std::vector<Slot> slots_;       // the records, in insertion order
  std::vector<Row> rows_;         // the rows to write, ascending
  std::vector<Row> storedRow_;    // by row of the collection: its number in the snapshot
  std::vector<KeptPart> kept_;    // in the order of their positions
  size_t keptParts_ = 0;          // of kept_, that are written
  bool hasDeadRows_ = false;      // in parts that are kept
  PartKind kind_ = PartKind::Header;
  uint32_t position_ = 0;  // in the list of kind_
  uint32_t first_ = 0;     // of the part that is being written, whose bytes are in out_
  std::optional<ByteWriter> out_;
  std::optional<uint64_t> keptFrom_;
  VectorPlace wanted_;
  VectorPlace block_;  // what given_ is
  StoredVectors given_;
  std::vector<VectorsPart> vectorParts_;  // written, or taken over under a number of their own
  uint32_t parts_ = 0;
  uint32_t chain_ = 0;  // CRC over the header checksums of all parts so far
  bool done_ = false;
  Status status_;
};

}  // namespace pagevec
