#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "snapshot/frame.h"
#include "snapshot/snapshot_reader.h"
#include "snapshot/snapshot_writer.h"

// Stored bytes for tests and fuzz targets: taking, loading and forging them.
namespace pagevec::testing {

template <class T>
void patch(Bytes& bytes, size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

// Makes length and checksums right again after an edit, so that the edit itself is looked at.
inline void reseal(Bytes& frame) {
  if (frame.size() < kFrameHeaderBytes) return;
  const ByteView payload = ByteView(frame).subspan(kFrameHeaderBytes);
  patch(frame, 40, static_cast<uint64_t>(payload.size()));
  patch(frame, 48, crc32c(payload));
  patch(frame, 52, crc32c(ByteView(frame).first(52)));
}

// Reseals every part and makes the End part's count and chain right for them.
inline void resealAll(std::vector<Bytes>& parts) {
  uint32_t chain = 0;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    reseal(parts[i]);
    chain = crc32c(ByteView(parts[i]).subspan(52, 4), chain);
  }
  patch(parts.back(), kFrameHeaderBytes, static_cast<uint32_t>(parts.size()));
  patch(parts.back(), kFrameHeaderBytes + 4, chain);
  reseal(parts.back());
}

inline std::vector<Bytes> takeSnapshot(const Collection& collection, uint64_t generation = 1,
                                       size_t partBytes = kPartBytes) {
  SnapshotWriter writer(collection, generation, {.partBytes = partBytes});
  std::vector<Bytes> parts;
  for (Bytes part; writer.next(part);) parts.push_back(std::move(part));
  return parts;
}

inline Result<std::unique_ptr<Collection>> loadSnapshot(const std::vector<Bytes>& parts) {
  SnapshotReader reader;
  for (const Bytes& part : parts) {
    if (Status status = reader.feed(part); !status.ok()) return status;
  }
  return reader.finish();
}

}  // namespace pagevec::testing
