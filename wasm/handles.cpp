#include "handles.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "base/crc32c.h"
#include "distance/distance.h"
#include "filter_arguments.h"
#include "graph_block.h"
#include "marshal.h"
#include "memory.h"
#include "snapshot/frame.h"
#include "snapshot/journal.h"
#include "snapshot/stored_vectors.h"
#include "text/bert_tokenizer.h"

namespace pagevec::wasm {
namespace {

using emscripten::val;
using marshal::arrayOf;
using marshal::failure;
using marshal::success;

/// Bits of WANT in js/src/engine/module.ts.
constexpr uint32_t kWantDocuments = 1;
constexpr uint32_t kWantMetadatas = 2;
constexpr uint32_t kWantEmbeddings = 4;

/// A new JavaScript object that owns the handle.
template <class Handle, class Core>
val own(std::unique_ptr<Core> core) {
  return val(std::make_unique<Handle>(std::move(core)));
}

template <class Outcome>
Outcome as(val value) {
  return Outcome(std::move(value));
}

Result<std::vector<std::optional<Metadata>>> metadatasFrom(const val& packed) {
  const auto texts = marshal::stringsFrom(packed);
  if (!texts.ok()) return texts.status();
  std::vector<std::optional<Metadata>> metadatas;
  for (const std::optional<std::string>& json : texts.value()) {
    metadatas.emplace_back();
    if (!json) continue;
    Result<Metadata> parsed = Metadata::parse(*json);
    if (!parsed.ok()) {
      const std::string where = "metadata " + std::to_string(metadatas.size() - 1) + ": ";
      return Status(parsed.status().code(), where + parsed.status().message());
    }
    metadatas.back() = std::move(parsed.value());
  }
  return metadatas;
}

// Fills in all but the vectors.
Status readColumns(Batch& batch, const val& ids, const val& documents, const val& metadatas) {
  auto plainIds = marshal::plainStringsFrom(ids);
  if (!plainIds.ok()) return plainIds.status();
  auto texts = marshal::stringsFrom(documents);
  if (!texts.ok()) return texts.status();
  auto parsed = metadatasFrom(metadatas);
  if (!parsed.ok()) return parsed.status();
  batch.ids = std::move(plainIds.value());
  batch.documents = std::move(texts.value());
  batch.metadatas = std::move(parsed.value());
  return {};
}

Status checkWhole(const char* name, double value) {
  if (value >= 0 && value <= UINT32_MAX && value == std::floor(value)) return {};
  return Status(StatusCode::InvalidArgument, std::string(name) + " is " + std::to_string(value) +
                                                 "; give a whole number of 32 bits");
}

Status checkQueries(size_t values, uint32_t dimension) {
  if (values == 0 || (dimension != 0 && values % dimension == 0)) return {};
  return Status(StatusCode::InvalidArgument,
                "queries holds " + std::to_string(values) + " values; vectors of " +
                    std::to_string(dimension) + " dimensions do not add up to that");
}

val documentsOf(const Collection& collection, std::span<const Slot> slots) {
  marshal::StringPacker packer;
  for (const Slot slot : slots) {
    const std::optional<std::string>& document = *collection.record(slot).document;
    document ? packer.add(*document) : packer.addNull();
  }
  return packer.pack();
}

val metadatasOf(const Collection& collection, std::span<const Slot> slots) {
  marshal::StringPacker packer;
  for (const Slot slot : slots) {
    const std::optional<Metadata>& metadata = *collection.record(slot).metadata;
    metadata ? packer.add(metadata->toJson()) : packer.addNull();
  }
  return packer.pack();
}

val embeddingsOf(const Collection& collection, std::span<const Slot> slots) {
  if (collection.count() > 0 && !collection.vectors()->keepsFloats()) return val::null();
  std::vector<float> embeddings;
  embeddings.reserve(slots.size() * collection.dimension());
  for (const Slot slot : slots) {
    const std::span<const float> vector = collection.record(slot).embedding;
    embeddings.insert(embeddings.end(), vector.begin(), vector.end());
  }
  return arrayOf<float>(embeddings);
}

}  // namespace

val recordColumns(const Collection& collection, std::span<const Slot> slots, uint32_t want) {
  marshal::StringPacker ids;
  for (const Slot slot : slots) ids.add(*collection.record(slot).id);
  val columns = val::object();
  columns.set("count", slots.size());
  columns.set("ids", ids.pack());
  columns.set("documents", want & kWantDocuments ? documentsOf(collection, slots) : val::null());
  columns.set("metadatas", want & kWantMetadatas ? metadatasOf(collection, slots) : val::null());
  columns.set("embeddings", want & kWantEmbeddings ? embeddingsOf(collection, slots) : val::null());
  return columns;
}

std::string CollectionHandle::vectorsIn() const {
  if (!collection_->config().keepVectors) return "nowhere";
  const VectorStore* vectors = collection_->vectors();
  return vectors == nullptr || vectors->keepsFloats() ? "heap" : "storage";
}

js::Uint32Array CollectionHandle::vectorPlaces(js::PackedStrings packedIds) const {
  const auto ids = marshal::plainStringsFrom(packedIds);
  if (!ids.ok()) marshal::throwError(ids.status());
  std::vector<Row> rows;
  for (const std::string& id : ids.value()) {
    const Slot slot = collection_->slotOf(id);
    if (slot != kNoSlot) rows.push_back(collection_->rowOf(slot));
  }
  return placesOf(rows);
}

js::Uint32Array CollectionHandle::rowPlaces(js::Uint32Array rows) const {
  return placesOf(emscripten::convertJSArrayToNumberVector<Row>(rows));
}

js::Uint32Array CollectionHandle::placesOf(std::span<const Row> rows) const {
  std::vector<uint32_t> numbers;
  for (const Row row : rows) {
    const VectorPlace place = collection_->places().find(row);
    numbers.insert(numbers.end(), {static_cast<uint32_t>(place.block),
                                   static_cast<uint32_t>(place.number), place.index});
  }
  return as<js::Uint32Array>(arrayOf<uint32_t>(numbers));
}

namespace {

/// What a full collection still has for reads and deletions.
constexpr size_t kReserve = size_t{8} << 20;

/// More than applying a record takes: its bytes come in, are decoded, and are kept as records, codes
/// and columns; tables of all rows may double, and a snapshot has its own; rows that wait are linked.
/// As much as links take is left besides, for what memory loses to gaps: other collections go on.
size_t bytesToApply(const Collection& collection, size_t recordBytes) {
  const size_t linkBytes = 12 * collection.config().maxNeighbors;
  return kReserve + 8 * recordBytes + (64 + linkBytes) * collection.count() +
         linkBytes * collection.pendingRows();
}

/// Of these in one piece: a part of a snapshot, the bytes that come in, or a table of all rows that grows.
size_t largestToApply(const Collection& collection, size_t recordBytes) {
  return std::max({kPartBytes + (kPartBytes >> 2), 2 * recordBytes, 16 * collection.count()});
}

}  // namespace

js::OutcomeOfCollection collectionOutcome(Result<std::unique_ptr<Collection>> collection) {
  if (!collection.ok()) return as<js::OutcomeOfCollection>(failure(collection.status()));
  return as<js::OutcomeOfCollection>(success(own<CollectionHandle>(std::move(collection.value()))));
}

// Without room the allocation that fails would end the core; who has storage compacts by way of it.
bool CollectionHandle::cramped() const {
  return collection_->rebuildDue() && !hasRoom(collection_->rebuildBytes() + kReserve / 2, 1 << 20);
}

js::OutcomeOfBytes CollectionHandle::prepare(uint32_t operation, js::PackedStrings ids,
                                             js::OptionalPackedStrings documents,
                                             js::OptionalPackedStrings metadatas,
                                             js::OptionalUint8Array embedded,
                                             js::Float32Array embeddings, uint32_t dimension,
                                             double epoch) {
  Batch batch;
  batch.operation = marshal::enumFrom<Operation>(operation);
  if (Status status = readColumns(batch, ids, documents, metadatas); !status.ok()) {
    return as<js::OutcomeOfBytes>(failure(status));
  }
  batch.embeddings = marshal::floatsFrom(embeddings);
  batch.dimension = dimension;
  if (!embedded.isNull()) {
    const Bytes flags = marshal::bytesFrom(embedded);
    batch.embedded.assign(flags.begin(), flags.end());
  } else if (dimension != 0) {
    batch.embedded.assign(batch.ids.size(), true);
  }
  const Status status = collection_->validate(batch);
  if (!status.ok()) return as<js::OutcomeOfBytes>(failure(status));
  const uint64_t sequence = collection_->lastSequence() + 1;
  const Bytes record = encodeRecord(batch, sequence, marshal::countFrom(epoch));
  if (batch.operation != Operation::Delete &&
      !hasRoom(bytesToApply(*collection_, record.size()),
               largestToApply(*collection_, record.size()))) {
    return as<js::OutcomeOfBytes>(
        failure({StatusCode::LimitExceeded,
                 "the memory is full, and nothing of the batch was kept; delete "
                 "records, or close other clients and tabs"}));
  }
  return as<js::OutcomeOfBytes>(success(arrayOf<uint8_t>(record)));
}

js::OutcomeOfNumber CollectionHandle::apply(js::Uint8Array record) {
  const Status status = replayRecord(*collection_, marshal::bytesFrom(record));
  if (!status.ok()) return as<js::OutcomeOfNumber>(failure(status));
  return as<js::OutcomeOfNumber>(success(val(lastSequence())));
}

js::Uint8Array CollectionHandle::contains(js::PackedStrings packedIds) const {
  const auto ids = marshal::plainStringsFrom(packedIds);
  if (!ids.ok()) marshal::throwError(ids.status());
  Bytes flags;
  for (const std::string& id : ids.value()) flags.push_back(collection_->contains(id));
  return as<js::Uint8Array>(arrayOf<uint8_t>(flags));
}

js::OutcomeOfRecords CollectionHandle::get(js::OptionalPackedStrings ids, js::OptionalString where,
                                           js::OptionalString whereDocument,
                                           js::OptionalRegexMatcher regex, uint32_t offset,
                                           uint32_t limit, uint32_t want) const {
  const FilterArguments filter(ids, where, whereDocument, regex);
  if (!filter.status().ok()) return as<js::OutcomeOfRecords>(failure(filter.status()));
  const std::vector<Slot> slots = collection_->select(filter.filter(), offset, limit);
  return as<js::OutcomeOfRecords>(success(recordColumns(*collection_, slots, want)));
}

js::OutcomeOfQuery CollectionHandle::query(js::Float32Array packedQueries, uint32_t dimension,
                                           uint32_t k, uint32_t efSearch,
                                           js::OptionalPackedStrings ids, js::OptionalString where,
                                           js::OptionalString whereDocument,
                                           js::OptionalRegexMatcher regex, uint32_t want) const {
  const FilterArguments filter(ids, where, whereDocument, regex);
  if (!filter.status().ok()) return as<js::OutcomeOfQuery>(failure(filter.status()));
  const std::vector<float> queries = marshal::floatsFrom(packedQueries);
  if (Status status = checkQueries(queries.size(), dimension); !status.ok()) {
    return as<js::OutcomeOfQuery>(failure(status));
  }
  std::vector<uint32_t> counts;
  std::vector<float> distances;
  std::vector<Slot> slots;
  for (size_t begin = 0; begin < queries.size(); begin += dimension) {
    const std::span<const float> query = std::span(queries).subspan(begin, dimension);
    const Result<std::vector<Hit>> hits = collection_->query(query, k, efSearch, filter.filter());
    if (!hits.ok()) return as<js::OutcomeOfQuery>(failure(hits.status()));
    counts.push_back(hits->size());
    for (const Hit& hit : hits.value()) {
      distances.push_back(hit.distance);
      slots.push_back(hit.slot);
    }
  }
  val columns = val::object();
  columns.set("counts", arrayOf<uint32_t>(counts));
  columns.set("distances", arrayOf<float>(distances));
  columns.set("records", recordColumns(*collection_, slots, want));
  return as<js::OutcomeOfQuery>(success(columns));
}

js::OutcomeOfFloats CollectionHandle::nearestTo(uint32_t position, uint32_t k, uint32_t efSearch,
                                                bool exact) const {
  const auto distances = collection_->nearestTo(position, k, efSearch, exact);
  if (!distances.ok()) return as<js::OutcomeOfFloats>(failure(distances.status()));
  return as<js::OutcomeOfFloats>(success(arrayOf<float>(distances.value())));
}

std::unique_ptr<ProjectionHandle> CollectionHandle::project(js::PackedStrings packedIds,
                                                            uint32_t components,
                                                            uint32_t sample) const {
  const auto ids = marshal::plainStringsFrom(packedIds);
  if (!ids.ok()) marshal::throwError(ids.status());
  return std::make_unique<ProjectionHandle>(collection_->project(ids.value(), components, sample));
}

js::Float32Array ProjectionHandle::results() const {
  return as<js::Float32Array>(arrayOf<float>(projection_->results()));
}

js::Uint32Array CollectionHandle::graph() const {
  std::vector<uint32_t> block = marshal::graphBlock(collection_->graph());
  std::vector<uint32_t> copies;
  if (collection_->hnsw() != nullptr) copies = collection_->hnsw()->copies();
  block.push_back(static_cast<uint32_t>(copies.size()));
  block.insert(block.end(), copies.begin(), copies.end());
  for (const Slot slot : collection_->select({}, 0, collection_->count())) {
    block.push_back(collection_->rowOf(slot));
  }
  return as<js::Uint32Array>(arrayOf<uint32_t>(block));
}

js::OutcomeOfNull CollectionHandle::adoptGraph(js::Uint32Array graph, js::Float32Array wayPoints) {
  const Status status =
      collection_->adoptGraph(marshal::graphFrom(graph), marshal::floatsFrom(wayPoints));
  return as<js::OutcomeOfNull>(status.ok() ? success(val::null()) : failure(status));
}

js::Float32Array CollectionHandle::vectors(js::Uint32Array rows) const {
  std::vector<float> values;
  const VectorStore* store = collection_->vectors();
  for (const Row row : emscripten::convertJSArrayToNumberVector<Row>(rows)) {
    if (store == nullptr || row >= store->rows()) continue;
    values.resize(values.size() + store->dimension());
    store->approximate(row, values.data() + values.size() - store->dimension());
  }
  return as<js::Float32Array>(arrayOf<float>(values));
}

js::OutcomeOfTokenizer createTokenizer(js::Uint8Array bytes, bool lowercase) {
  const Bytes vocabulary = marshal::bytesFrom(bytes);
  return makeTokenizerHandle({reinterpret_cast<const char*>(vocabulary.data()), vocabulary.size()},
                             lowercase);
}

js::OutcomeOfTokenizer makeTokenizerHandle(std::string_view vocabulary, bool lowercase) {
  return tokenizerOutcome(makeBertTokenizer(vocabulary, {.lowercase = lowercase}));
}

js::OutcomeOfCollection createCollection(uint32_t space, uint32_t index, double maxNeighbors,
                                         double efConstruction, double efSearch, uint32_t vectors) {
  for (const auto& [name, value] : {std::pair{"maxNeighbors", maxNeighbors},
                                    {"efConstruction", efConstruction},
                                    {"efSearch", efSearch}}) {
    const Status status = checkWhole(name, value);
    if (!status.ok()) return as<js::OutcomeOfCollection>(failure(status));
  }
  Result<std::unique_ptr<Collection>> collection = Collection::make(
      {marshal::enumFrom<Space>(space), marshal::enumFrom<IndexKind>(index),
       static_cast<uint32_t>(maxNeighbors), static_cast<uint32_t>(efConstruction),
       static_cast<uint32_t>(efSearch), marshal::enumFrom<Quantization>(vectors & 3),
       (vectors & 4) != 0, (vectors & 8) != 0, (vectors & 16) != 0});
  return collectionOutcome(std::move(collection));
}

js::OutcomeOfFloats readVectors(js::Uint8Array block, uint32_t dimension,
                                js::Uint32Array packedIndexes) {
  const auto vectors = StoredVectors::open(marshal::bytesFrom(block), dimension);
  if (!vectors.ok()) return as<js::OutcomeOfFloats>(failure(vectors.status()));
  const auto indexes = emscripten::convertJSArrayToNumberVector<uint32_t>(packedIndexes);
  std::vector<float> values(indexes.size() * dimension);
  for (size_t i = 0; i < indexes.size(); ++i) {
    if (vectors->read(indexes[i], values.data() + i * dimension)) continue;
    return as<js::OutcomeOfFloats>(
        failure({StatusCode::Corrupt, "a stored block lacks one of its vectors"}));
  }
  return as<js::OutcomeOfFloats>(success(arrayOf<float>(values)));
}

bool isSound(js::Uint8Array block) { return isSoundFrame(marshal::bytesFrom(block)); }

std::string variant() { return activeKernels().name; }

std::string kernelNames() {
  std::string names;
  for (const Kernels& kernels : availableKernels()) {
    names += (names.empty() ? "" : ",") + std::string(kernels.name);
  }
  return names;
}

std::string statusNames() {
  std::string names;
  for (int code = 0; code <= static_cast<int>(StatusCode::LimitExceeded); ++code) {
    names += (code == 0 ? "" : ",") + std::string(statusName(static_cast<StatusCode>(code)));
  }
  return names;
}

float distanceBy(uint32_t space, uint32_t kernel, js::Float32Array a, js::Float32Array b) {
  const std::vector<float> left = marshal::floatsFrom(a);
  const std::vector<float> right = marshal::floatsFrom(b);
  const std::span<const Kernels> kernels = availableKernels();
  const Kernels& chosen = kernel < kernels.size() ? kernels[kernel] : activeKernels();
  return distance(marshal::enumFrom<Space>(space), left.data(), right.data(),
                  std::min(left.size(), right.size()), chosen);
}

// Piece by piece, so that the machine's cache holds each from the copying to the checking.
uint32_t checksum(js::Uint8Array bytes) {
  const auto size = bytes["length"].as<size_t>();
  Bytes piece(std::min<size_t>(size, 128 * 1024));
  uint32_t crc = 0;
  for (size_t at = 0; at < size; at += piece.size()) {
    piece.resize(std::min(piece.size(), size - at));
    marshal::copyTo(bytes.call<emscripten::val>("subarray", at, at + piece.size()), piece);
    crc = crc32c(piece, crc);
  }
  return crc;
}

uint32_t heapBytes() { return reinterpret_cast<uintptr_t>(sbrk(0)); }

}  // namespace pagevec::wasm
