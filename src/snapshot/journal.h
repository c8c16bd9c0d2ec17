#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/status.h"
#include "collection/batch.h"
#include "collection/collection.h"

namespace pagevec {

/// One write as the journal keeps it.
struct JournalRecord {
  uint64_t sequence = 0;  ///< 1 for a collection's first write, then one more for each
  uint64_t epoch = 0;     ///< the writer's; the storage layer refuses records of a fenced writer
  Batch batch;
};

/// The bytes of a batch that validate() accepted.
Bytes encodeRecord(const Batch& batch, uint64_t sequence, uint64_t epoch);

/// Reads one record. Corrupt for a wrong checksum or structure, FormatTooNew for a later version.
/// Whether the batch fits a collection is validate()'s to say.
Result<JournalRecord> decodeRecord(ByteView bytes);

/// Decodes, checks and applies a stored record. A record whose sequence the collection already has
/// (a snapshot covers it) is skipped. Corrupt when sequences are missing in between or the batch
/// does not fit; the collection is unchanged then, and the replay ends before this record.
Status replayRecord(Collection& collection, ByteView bytes);

}  // namespace pagevec
