#include <cstdlib>

#include "../cpp/stored_bytes.h"
#include "snapshot/journal.h"

// The first byte chooses: bytes as they are, or with length and checksums made right, or with magic and
// version too, so that the parser behind them is reached. What decodes must encode to something that decodes the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pagevec;
  if (size == 0) return 0;
  Bytes bytes(data + 1, data + size);
  if (data[0] % 4 == 3) testing::reseal(bytes);
  if (data[0] % 4 % 3 != 0 && bytes.size() >= kFrameHeaderBytes) {
    testing::patch(bytes, 0, static_cast<uint32_t>(FrameMagic::JournalRecord));
    testing::patch(bytes, 4, static_cast<uint16_t>(1 + data[0] / 4 % kFormatVersion));
    testing::patch(bytes, 6, static_cast<uint16_t>(kFrameHeaderBytes));
    testing::reseal(bytes);
  }
  const auto record = decodeRecord(bytes);
  if (record.ok() && !isSoundFrame(bytes)) std::abort();
  if (!record.ok()) return 0;
  const Bytes again = encodeRecord(record->batch, record->sequence, record->epoch);
  const auto second = decodeRecord(again);
  if (!second.ok()) std::abort();
  if (encodeRecord(second->batch, second->sequence, second->epoch) != again) std::abort();

  const auto collection = std::move(Collection::make({}).value());
  if (replayRecord(*collection, bytes).ok() && record->sequence == 1) {
    if (collection->lastSequence() != 1) std::abort();
    if (!testing::loadSnapshot(testing::takeSnapshot(*collection)).ok()) std::abort();
  }
  return 0;
}
