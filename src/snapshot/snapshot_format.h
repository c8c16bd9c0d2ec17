#pragma once

#include <cstddef>
#include <cstdint>

namespace pagevec {

/// What the writer and the reader of snapshots agree on (docs/snapshot-format.md).

/// Parts come in this order; there is one Header and one End, any number of the others.
enum class PartKind : uint8_t { Header = 1, Records = 2, Vectors = 3, Graph = 4, End = 5 };

/// Payload bytes after which a part is closed: 4 MiB values are the fastest to write to IndexedDB.
constexpr size_t kPartBytes = size_t{4} << 20;

/// From this version on rows may belong to no record and no graph: those of vectors parts that a snapshot
/// has taken over from the one before.
constexpr uint16_t kDeadRowsVersion = 4;

/// Flags in the Header part, since version 2.
constexpr uint8_t kVectorsNotKept = 1;  ///< vectors parts hold 16-bit values, see writeShorts()
constexpr uint8_t kNoRescoring = 2;

/// Of one vector in a Vectors part; kept: its floats are, else a unit and 16-bit values.
constexpr size_t storedVectorBytes(bool kept, size_t dimension) {
  return kept ? dimension * sizeof(float) : sizeof(float) + dimension * sizeof(int16_t);
}

/// Counts in the Header part, repeated by what follows it.
struct SnapshotTotals {
  uint32_t dimension = 0;
  uint32_t records = 0;
  uint32_t rows = 0;
  uint32_t nodes = 0;
  uint32_t entryNode = 0;
};

}  // namespace pagevec
