#include "handles.h"
#include "marshal.h"

namespace pagevec::wasm {

using emscripten::val;
using marshal::arrayOf;
using marshal::failure;
using marshal::success;

SnapshotWriterHandle::SnapshotWriterHandle(std::shared_ptr<const Collection> collection,
                                           double generation, bool keeps, bool graph)
    : collection_(std::move(collection)),
      writer_(*collection_, marshal::countFrom(generation), {.keeps = keeps, .graph = graph}) {}

// Null would say that the snapshot is complete, and the journal it covers would be dropped.
js::OptionalUint8Array SnapshotWriterHandle::next() {
  Bytes part;
  const bool more = writer_.next(part);
  if (!writer_.status().ok()) marshal::throwError(writer_.status());
  return js::OptionalUint8Array(more ? arrayOf<uint8_t>(part) : val::null());
}

double SnapshotWriterHandle::keptFrom() const {
  const std::optional<uint64_t> number = writer_.keptFrom();
  return number ? static_cast<double>(*number) : -1;
}

js::OptionalUint32Array SnapshotWriterHandle::wanted() const {
  const VectorPlace& place = writer_.wanted();
  if (place.block == VectorPlace::Block::None) return js::OptionalUint32Array(val::null());
  const uint32_t numbers[] = {static_cast<uint32_t>(place.block),
                              static_cast<uint32_t>(place.number)};
  return js::OptionalUint32Array(arrayOf<uint32_t>(numbers));
}

void SnapshotWriterHandle::give(js::Uint8Array block) {
  writer_.give(marshal::bytesFrom(block));
  if (!writer_.status().ok()) marshal::throwError(writer_.status());
}

js::OutcomeOfNull SnapshotReaderHandle::feed(js::Uint8Array part) {
  part_.resize(part["length"].as<size_t>());
  marshal::copyTo(part, part_);
  const Status status = reader_.feed(part_);
  return js::OutcomeOfNull(status.ok() ? success(val::null()) : failure(status));
}

js::OutcomeOfCollection SnapshotReaderHandle::finish() {
  return collectionOutcome(reader_.finish());
}

js::OutcomeOfCollection SnapshotReaderHandle::finishWithoutGraph() {
  return collectionOutcome(reader_.finishWithoutGraph());
}

std::unique_ptr<SnapshotReaderHandle> createSnapshotReader(bool floatsInHeap) {
  return std::make_unique<SnapshotReaderHandle>(floatsInHeap);
}

}  // namespace pagevec::wasm
