#pragma once

#include <cstdint>
#include <vector>

#include "index/codes.h"

namespace pagevec {

/// Where storage keeps a vector: a block, and which of the block's vectors it is.
struct VectorPlace {
  enum class Block : uint8_t { None = 0, SnapshotPart = 1, JournalRecord = 2 };

  Block block = Block::None;
  uint32_t index = 0;   ///< among the vectors of the block
  uint64_t number = 0;  ///< of the part, or the sequence of the record
  bool sameBlock(const VectorPlace& other) const {
    return block == other.block && number == other.number;
  }
};

/// What is known of the vectors part of a snapshot that counts.
struct VectorsPart {
  uint64_t number = 0;    ///< of the part
  uint32_t count = 0;     ///< of vectors
  uint32_t checksum = 0;  ///< CRC-32C of the payload
};

/// The places of a store's rows, for collections whose floats are not in the heap. Neighboring rows
/// lie side by side, so a run of rows takes one entry.
class VectorPlaces {
 public:
  /// The place of the next row. Rows are numbered from 0.
  void append(const VectorPlace& place);
  VectorPlace find(Row row) const;
  Row rows() const { return rows_; }

  /// A part that rows may be in.
  void addPart(const VectorsPart& part) { parts_.push_back(part); }
  /// The part whose vectors are exactly the rows from this one on, in their order; null: there is none.
  const VectorsPart* partAt(Row row) const;

  /// Without rows, but with the parts.
  VectorPlaces emptyTwin() const;

 private:
  struct Run {
    Row first;
    VectorPlace place;  ///< of that row; the rows after it follow in the block
  };

  std::vector<Run>::const_iterator runAfter(Row row) const;

  std::vector<Run> runs_;
  std::vector<VectorsPart> parts_;
  Row rows_ = 0;
};

}  // namespace pagevec
