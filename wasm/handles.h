#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collection/collection.h"
#include "js_types.h"
#include "snapshot/snapshot_reader.h"
#include "snapshot/snapshot_writer.h"
#include "tokenizer_handle.h"

/// The core's objects with JavaScript values as arguments and results. Each method converts, calls
/// one core function and converts back; js/src/engine/module.ts describes them.
namespace pagevec::wasm {

class SnapshotWriterHandle {
 public:
  SnapshotWriterHandle(std::shared_ptr<const Collection> collection, double generation);
  js::OptionalUint8Array next();

 private:
  std::shared_ptr<const Collection> collection_;  // may outlive its own handle
  SnapshotWriter writer_;
};

class CollectionHandle {
 public:
  explicit CollectionHandle(std::unique_ptr<Collection> collection)
      : collection_(std::move(collection)) {}

  js::OutcomeOfBytes prepare(uint32_t operation, js::PackedStrings ids,
                             js::OptionalPackedStrings documents,
                             js::OptionalPackedStrings metadatas, js::OptionalUint8Array embedded,
                             js::Float32Array embeddings, uint32_t dimension, double epoch);
  js::OutcomeOfNumber apply(js::Uint8Array record);
  js::Uint8Array contains(js::PackedStrings ids) const;
  js::OutcomeOfRecords get(js::OptionalPackedStrings ids, uint32_t offset, uint32_t limit,
                           uint32_t want) const;
  js::OutcomeOfQuery query(js::Float32Array queries, uint32_t dimension, uint32_t k,
                           uint32_t efSearch, js::OptionalPackedStrings ids, uint32_t want) const;

  uint32_t count() const { return collection_->count(); }
  uint32_t dimension() const { return collection_->dimension(); }
  double lastSequence() const { return static_cast<double>(collection_->lastSequence()); }
  uint32_t pendingRows() const { return collection_->pendingRows(); }
  uint32_t maintain(uint32_t maxRows) { return collection_->maintain(maxRows); }
  uint32_t linkAll(uint32_t maxRows) { return collection_->linkAll(maxRows); }
  js::Uint8Array graph() const;
  js::OutcomeOfNumber adoptGraph(js::Uint8Array graph);
  std::unique_ptr<SnapshotWriterHandle> snapshot(double generation) const {
    return std::make_unique<SnapshotWriterHandle>(collection_, generation);
  }

 private:
  std::shared_ptr<Collection> collection_;
};

class SnapshotReaderHandle {
 public:
  js::OutcomeOfNull feed(js::Uint8Array part);
  js::OutcomeOfCollection finish();

 private:
  SnapshotReader reader_;
};

js::OutcomeOfTokenizer createTokenizer(js::Uint8Array vocabulary, bool lowercase);
js::OutcomeOfTokenizer makeTokenizerHandle(std::string_view vocabulary, bool lowercase);
/// The last three come from the page as they are: numbers that would be cut to 32 bits are refused.
js::OutcomeOfCollection createCollection(uint32_t space, uint32_t index, double maxNeighbors,
                                         double efConstruction, double efSearch);
std::unique_ptr<SnapshotReaderHandle> createSnapshotReader();

std::string variant();
std::string kernelNames();
std::string statusNames();
float distanceBy(uint32_t space, uint32_t kernel, js::Float32Array a, js::Float32Array b);
uint32_t checksum(js::Uint8Array bytes);

}  // namespace pagevec::wasm
