#pragma once

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "manifest.h"
#include "snapshot/archive.h"
#include "snapshot/snapshot_reader.h"

namespace pagevec::archive {

/// A collection of a file, loaded once and described.
struct Summary {
  Manifest manifest;
  uint64_t records = 0;
  uint32_t dimension = 0;
  uint32_t parts = 0;
  uint64_t batches = 0;
  uint64_t bytes = 0;                ///< of its blocks, its own included
  std::set<uint16_t> versions = {};  ///< of the format that its blocks say
};

/// Reads a file of collections from its beginning to its end, one block and one collection in
/// memory at a time, and checks everything: blocks, their order, and that every collection loads.
class ArchiveFile {
 public:
  explicit ArchiveFile(const std::string& path) : in_(path, std::ios::binary) {}

  /// Corrupt, FormatTooNew, LimitExceeded; InvalidArgument when the file cannot be read.
  Status read();

  /// Those that were whole and sound before a failure.
  const std::vector<Summary>& collections() const { return collections_; }
  /// Where the block begins that was read last.
  uint64_t offset() const { return offset_; }
  uint64_t bytes() const { return end_; }

 private:
  Result<Bytes> nextBlock();
  Status take(ByteView block);
  Status begin(const ArchivedCollection& collection);
  Status addPart(ByteView part);
  Status addRecord(ByteView record);
  Status finishParts();
  Status finishCollection();

  std::ifstream in_;
  ArchiveReader reader_;
  uint64_t offset_ = 0;
  uint64_t end_ = 0;
  std::vector<Summary> collections_;
  std::optional<Summary> current_;
  std::optional<SnapshotReader> snapshot_;
  std::unique_ptr<Collection> collection_;
};

}  // namespace pagevec::archive
