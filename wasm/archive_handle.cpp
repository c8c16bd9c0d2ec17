#include "archive_handle.h"

#include "marshal.h"
#include "snapshot/frame.h"

namespace pagevec::wasm {
namespace {

using emscripten::val;
using marshal::arrayOf;
using marshal::failure;
using marshal::success;

js::OutcomeOfBytes bytesOutcome(const Result<Bytes>& bytes) {
  return js::OutcomeOfBytes(bytes.ok() ? success(arrayOf<uint8_t>(bytes.value()))
                                       : failure(bytes.status()));
}

js::OutcomeOfNull nullOutcome(const Status& status) {
  return js::OutcomeOfNull(status.ok() ? success(val::null()) : failure(status));
}

}  // namespace

js::Uint8Array ArchiveWriterHandle::begin() {
  return js::Uint8Array(arrayOf<uint8_t>(writer_.begin()));
}

js::OutcomeOfBytes ArchiveWriterHandle::collection(js::Uint8Array manifest, uint32_t parts,
                                                   double coveredSequence, double lastSequence) {
  const Bytes json = marshal::bytesFrom(manifest);
  return bytesOutcome(writer_.collection({{json.begin(), json.end()},
                                          parts,
                                          marshal::countFrom(coveredSequence),
                                          marshal::countFrom(lastSequence)}));
}

js::OutcomeOfNull ArchiveWriterHandle::add(js::Uint8Array block) {
  return nullOutcome(writer_.add(marshal::bytesFrom(block)));
}

js::OutcomeOfBytes ArchiveWriterHandle::end() { return bytesOutcome(writer_.end()); }

js::OutcomeOfNumber ArchiveReaderHandle::length(js::Uint8Array head) const {
  const Result<uint64_t> length = frameLength(marshal::bytesFrom(head));
  return js::OutcomeOfNumber(length.ok() ? success(val(static_cast<double>(length.value())))
                                         : failure(length.status()));
}

js::OutcomeOfArchiveBlock ArchiveReaderHandle::take(js::Uint8Array bytes) {
  const Result<ArchiveBlock> kind = reader_.take(marshal::bytesFrom(bytes));
  if (!kind.ok()) return js::OutcomeOfArchiveBlock(failure(kind.status()));
  const ArchivedCollection& collection = reader_.collection();
  const bool described = kind.value() == ArchiveBlock::Collection;
  val block = val::object();
  block.set("kind", static_cast<int>(kind.value()));
  block.set("manifest", described
                            ? arrayOf(std::span<const uint8_t>(
                                  reinterpret_cast<const uint8_t*>(collection.manifest.data()),
                                  collection.manifest.size()))
                            : val::null());
  block.set("parts", collection.parts);
  block.set("coveredSequence", static_cast<double>(collection.coveredSequence));
  block.set("lastSequence", static_cast<double>(collection.lastSequence));
  return js::OutcomeOfArchiveBlock(success(block));
}

js::OutcomeOfNull ArchiveReaderHandle::finish() const { return nullOutcome(reader_.finish()); }

std::unique_ptr<ArchiveWriterHandle> createArchiveWriter() {
  return std::make_unique<ArchiveWriterHandle>();
}

std::unique_ptr<ArchiveReaderHandle> createArchiveReader() {
  return std::make_unique<ArchiveReaderHandle>();
}

}  // namespace pagevec::wasm
