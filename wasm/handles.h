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
  SnapshotWriterHandle(std::shared_ptr<const Collection> collection, double generation, bool keeps,
                       bool graph);
  js::OptionalUint8Array next();
  double keptFrom() const;
  js::OptionalUint32Array wanted() const;
  void give(js::Uint8Array block);
  VectorPlaces places() const { return writer_.places(); }

 private:
  std::shared_ptr<const Collection> collection_;  // may outlive its own handle
  SnapshotWriter writer_;
};

class ProjectionHandle {
 public:
  explicit ProjectionHandle(std::unique_ptr<Projection> projection)
      : projection_(std::move(projection)) {}
  uint32_t step(uint32_t maxRows) { return projection_->step(maxRows); }
  js::Float32Array results() const;

 private:
  std::unique_ptr<Projection> projection_;
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
  js::OutcomeOfRecords get(js::OptionalPackedStrings ids, js::OptionalString where,
                           js::OptionalString whereDocument, js::OptionalRegexMatcher regex,
                           uint32_t offset, uint32_t limit, uint32_t want) const;
  js::OutcomeOfQuery query(js::Float32Array queries, uint32_t dimension, uint32_t k,
                           uint32_t efSearch, js::OptionalPackedStrings ids,
                           js::OptionalString where, js::OptionalString whereDocument,
                           js::OptionalRegexMatcher regex, uint32_t want) const;

  js::OutcomeOfSearch search(js::Float32Array query, js::OptionalString text,
                             js::Float32Array settings, js::OptionalPackedStrings ids,
                             js::OptionalString where, js::OptionalString whereDocument,
                             js::OptionalRegexMatcher regex, uint32_t want);
  uint32_t buildKeywords(uint32_t maxRecords) { return collection_->buildKeywords(maxRecords); }
  uint32_t keywordBytes() const { return collection_->keywordBytes(); }
  js::PackedStrings wordsToStem(std::string query, bool restart);
  void addStems(js::PackedStrings words, js::PackedStrings stems);
  js::Uint32Array diversify(js::PackedStrings ids, js::Float32Array relevance, float lambda,
                            uint32_t limit) const;

  uint32_t count() const { return collection_->count(); }
  uint32_t dimension() const { return collection_->dimension(); }
  double lastSequence() const { return static_cast<double>(collection_->lastSequence()); }
  uint32_t pendingRows() const { return collection_->pendingRows(); }
  uint32_t maintain(uint32_t maxRows) { return collection_->maintain(maxRows, !cramped()); }
  bool cramped() const;
  double bytes() const { return static_cast<double>(collection_->bytes()); }
  double indexBytes() const { return static_cast<double>(collection_->indexBytes()); }
  js::OutcomeOfFloats nearestTo(uint32_t position, uint32_t k, uint32_t efSearch, bool exact) const;
  std::unique_ptr<ProjectionHandle> project(js::PackedStrings ids, uint32_t components,
                                            uint32_t sample) const;
  std::string vectorsIn() const;
  js::Uint32Array vectorPlaces(js::PackedStrings ids) const;
  js::Uint32Array rowPlaces(js::Uint32Array rows) const;
  void stored(const SnapshotWriterHandle& snapshot) { collection_->setPlaces(snapshot.places()); }
  uint32_t linkAll(uint32_t maxRows) { return collection_->linkAll(maxRows); }
  js::Uint32Array graph() const;
  js::OutcomeOfNull adoptGraph(js::Uint32Array graph, js::Float32Array wayPoints);
  js::Float32Array vectors(js::Uint32Array rows) const;
  js::DifferingRecords differing(const CollectionHandle& copy, uint32_t from, uint32_t limit,
                                 uint32_t want) const;
  js::OutcomeOfNull takeRecords(const CollectionHandle& source);
  std::unique_ptr<SnapshotWriterHandle> snapshot(double generation, bool keeps, bool graph) const {
    return std::make_unique<SnapshotWriterHandle>(collection_, generation, keeps, graph);
  }

 private:
  js::Uint32Array placesOf(std::span<const Row> rows) const;

  std::shared_ptr<Collection> collection_;
};

/// RecordColumns of js/src/engine/module.ts.
emscripten::val recordColumns(const Collection& collection, std::span<const Slot> slots,
                              uint32_t want);

class SnapshotReaderHandle {
 public:
  explicit SnapshotReaderHandle(bool floatsInHeap) : reader_(floatsInHeap) {}
  js::OutcomeOfNull feed(js::Uint8Array part);
  js::OutcomeOfCollection finish();
  js::OutcomeOfCollection finishWithoutGraph();

 private:
  SnapshotReader reader_;
  Bytes part_;  ///< kept: of new memory each part would be set to zero first
};

js::OutcomeOfTokenizer createTokenizer(js::Uint8Array vocabulary, bool lowercase);
js::OutcomeOfTokenizer makeTokenizerHandle(std::string_view vocabulary, bool lowercase);
/// The last three come from the page as they are: numbers that would be cut to 32 bits are refused.
js::OutcomeOfCollection createCollection(uint32_t space, uint32_t index, double maxNeighbors,
                                         double efConstruction, double efSearch, uint32_t vectors);
js::OutcomeOfCollection collectionOutcome(Result<std::unique_ptr<Collection>> collection);
std::unique_ptr<SnapshotReaderHandle> createSnapshotReader(bool floatsInHeap);
js::OutcomeOfFloats readVectors(js::Uint8Array block, uint32_t dimension, js::Uint32Array indexes);
bool isSound(js::Uint8Array block);

std::string variant();
std::string kernelNames();
std::string statusNames();
float distanceBy(uint32_t space, uint32_t kernel, js::Float32Array a, js::Float32Array b);
uint32_t checksum(js::Uint8Array bytes);
uint32_t heapBytes();

}  // namespace pagevec::wasm
