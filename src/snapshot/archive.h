#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/status.h"

namespace pagevec {

constexpr uint16_t kArchiveVersion = 1;  ///< of the file's own blocks

/// A file of collections (docs/snapshot-format.md): blocks one after another, each framed as
/// stored blocks are. Those of a collection, its snapshot and the journal after it, are in it as they
/// were stored; what ties them together are three kinds of blocks of its own.
enum class ArchiveBlock : uint8_t { Header = 1, Collection = 2, End = 3, Part = 4, Record = 5 };

/// What a Collection block says of the blocks after it.
struct ArchivedCollection {
  std::string manifest;          ///< JSON, which the archive does not look into
  uint32_t parts = 0;            ///< of the snapshot; 0 without one
  uint64_t coveredSequence = 0;  ///< the last that the snapshot holds
  uint64_t lastSequence = 0;     ///< one record for each sequence after that, up to this one
};

/// Checks a file block by block: that each is sound and the one that belongs here, and at the end that
/// they all are those it was written of. What parts and records hold is for SnapshotReader and
/// replayRecord() to check.
class ArchiveReader {
 public:
  /// Takes the next block, split off by frameLength(). Corrupt for damage and for a block that does not
  /// belong here; FormatTooNew. After a failure every call gives the same Status.
  Result<ArchiveBlock> take(ByteView block);

  /// Of the last Collection block.
  const ArchivedCollection& collection() const { return collection_; }
  /// How many Collection blocks there were.
  uint32_t collections() const { return collections_; }
  /// Ok once the End block was taken; Corrupt before, which the end of the file must not be.
  Status finish() const;

 private:
  friend class ArchiveWriter;

  Result<ArchiveBlock> check(ByteView block);
  Result<ArchiveBlock> checkOwn(ByteView block);
  Status checkPart(ByteView block);
  Status checkRecord(ByteView block);
  Status readCollection(ByteReader fields, ByteView payload);
  Status corrupt(const std::string& problem) const;
  bool collectionIsWhole() const;

  Status status_;
  ArchivedCollection collection_;
  uint32_t collections_ = 0;
  uint32_t parts_ = 0;       // of the collection, so far
  uint64_t sequence_ = 0;    // the last one of the collection, so far
  uint64_t generation_ = 0;  // of its snapshot
  uint64_t blocks_ = 0;
  uint32_t chain_ = 0;  // CRC over the header checksums of all blocks so far
  bool ended_ = false;
};

/// Writes a file: begin(), for each collection its block and then add() for each of its own, end().
/// Every block goes through an ArchiveReader, so what was written can be read.
class ArchiveWriter {
 public:
  Bytes begin();
  /// InvalidArgument when the collection before lacks blocks, or for a manifest that is no UTF-8.
  Result<Bytes> collection(const ArchivedCollection& collection);
  /// A stored block, which goes into the file as it is. Corrupt when it is damaged or not the next.
  Status add(ByteView block);
  /// Corrupt when the last collection lacks blocks.
  Result<Bytes> end();

 private:
  ArchiveReader check_;
};

}  // namespace pagevec
