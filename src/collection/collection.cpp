#include "collection/collection.h"

#include <algorithm>

#include "collection/limits.h"
#include "index/flat_index.h"

namespace pagevec {
namespace {

Status outOfRange(const char* name, uint32_t value, uint32_t lowest, uint32_t highest) {
  return Status(StatusCode::InvalidArgument, std::string(name) + " is " + std::to_string(value) +
                                                 "; give " + std::to_string(lowest) + " to " +
                                                 std::to_string(highest));
}

Status checkConfig(const CollectionConfig& config) {
  auto outside = [](uint32_t value, uint32_t lowest, uint32_t highest) {
    return value < lowest || value > highest;
  };
  const auto space = static_cast<uint32_t>(config.space);
  const auto index = static_cast<uint32_t>(config.index);
  if (outside(space, 0, 2)) return outOfRange("space", space, 0, 2);
  if (outside(index, 0, 2)) return outOfRange("index kind", index, 0, 2);
  if (outside(config.maxNeighbors, 2, 128)) {
    return outOfRange("maxNeighbors", config.maxNeighbors, 2, 128);
  }
  if (outside(config.efConstruction, 1, 4096)) {
    return outOfRange("efConstruction", config.efConstruction, 1, 4096);
  }
  if (outside(static_cast<uint32_t>(config.quantization), 0, 3)) {
    return outOfRange("quantization", static_cast<uint32_t>(config.quantization), 0, 3);
  }
  if (outside(config.efSearch, 1, kMaxEfSearch)) {
    return outOfRange("efSearch", config.efSearch, 1, kMaxEfSearch);
  }
  return {};
}

}  // namespace

// What one entry of a batch brings; null or empty: not given.
struct Collection::Change {
  const std::string* document = nullptr;
  const Metadata* metadata = nullptr;
  std::span<const float> embedding;
  VectorPlace place;  ///< of the embedding in storage
};

StoreOptions CollectionConfig::storeOptions() const {
  const Precision kept = rescore ? Precision::Int16 : Precision::Codes;
  return {quantization, floatsInHeap && keepVectors ? Precision::Float32 : kept};
}

Result<std::unique_ptr<Collection>> Collection::make(const CollectionConfig& config) {
  if (Status status = checkConfig(config); !status.ok()) return status;
  return std::unique_ptr<Collection>(new Collection(config));
}

void Collection::apply(const Batch& batch, uint64_t sequence) {
  const float* embedding = batch.embeddings.data();
  VectorPlace place{VectorPlace::Block::JournalRecord, 0, sequence};
  for (size_t i = 0; i < batch.ids.size(); ++i) {
    Change change;
    if (!batch.documents.empty() && batch.documents[i]) change.document = &*batch.documents[i];
    // Metadata of nothing but nulls has no effect; a record never holds an empty object.
    if (!batch.metadatas.empty() && batch.metadatas[i] && !batch.metadatas[i]->empty()) {
      change.metadata = &*batch.metadatas[i];
    }
    if (!batch.embedded.empty() && batch.embedded[i]) {
      change.embedding = {embedding, batch.dimension};
      change.place = place;
      embedding += batch.dimension;
      ++place.index;
    }
    applyOne(batch.operation, batch.ids[i], change);
  }
  lastSequence_ = sequence;
  ++changes_;
}

void Collection::applyOne(Operation operation, const std::string& id, const Change& change) {
  const Slot found = ids_.find(id);
  const bool exists = found != kNoSlot;
  switch (operation) {
    case Operation::Add:
      if (!exists) addRecord(id, change);
      break;
    case Operation::Upsert: exists ? changeRecord(found, change) : addRecord(id, change); break;
    case Operation::Update:
      if (exists) changeRecord(found, change);
      break;
    case Operation::Delete:
      if (exists) removeRecord(found);
      break;
  }
}

void Collection::addRecord(const std::string& id, const Change& change) {
  const Slot slot = static_cast<Slot>(records_.size());
  Record& record = records_.emplace_back();
  record.id = id;
  if (change.document != nullptr) record.document = *change.document;
  if (change.metadata != nullptr) record.metadata = *change.metadata;
  rowOfSlot_.push_back(appendVector(change, slot));
  ids_.insert(slot);
  liveSlots_.insert(slot);
  filters_.insert(slot);
  if (keywords_) keywords_->insert(slot);
}

void Collection::changeRecord(Slot slot, const Change& change) {
  Record& record = records_[slot];
  if (change.document != nullptr) {
    if (keywords_) keywords_->erase(slot);
    record.document = *change.document;
    if (keywords_) keywords_->insert(slot);
  }
  if (change.metadata != nullptr) {
    filters_.erase(slot);
    if (!record.metadata) record.metadata.emplace();
    record.metadata->merge(*change.metadata);
    filters_.insert(slot);
  }
  if (change.embedding.empty()) return;
  eraseRow(rowOfSlot_[slot]);
  rowOfSlot_[slot] = appendVector(change, slot);
}

void Collection::removeRecord(Slot slot) {
  eraseRow(rowOfSlot_[slot]);
  ids_.erase(slot);
  filters_.erase(slot);
  if (keywords_) keywords_->erase(slot);
  liveSlots_.erase(slot);
  records_[slot] = Record{};  // gives the strings back
}

Row Collection::appendVector(const Change& change, Slot slot) {
  if (!store_) makeStore(static_cast<uint32_t>(change.embedding.size()));
  const Row row = store_->append(change.embedding.data());
  if (!config_.floatsInHeap) places_.append(change.place);
  rowsAreSlots_ = rowsAreSlots_ && row == slot;
  slotOfRow_.push_back(slot);
  index_->insert(row);
  return row;
}

void Collection::makeStore(uint32_t dimension) {
  store_ = std::make_shared<VectorStore>(config_.space, dimension, config_.storeOptions());
  index_ = makeIndex(*store_, hnsw_);
}

std::unique_ptr<Index> Collection::makeIndex(VectorStore& store, HnswIndex*& hnsw) const {
  hnsw = nullptr;
  if (config_.index == IndexKind::Flat) return makeFlatIndex(store);
  auto made = HnswIndex::make(store, {config_.maxNeighbors, config_.efConstruction});
  hnsw = made.get();
  return made;
}

std::vector<Slot> Collection::select(const Filter& filter, size_t offset, size_t limit) const {
  std::vector<Slot> slots;
  if (filter.ids == nullptr) {
    const RowSet& met = filter.hasConditions() ? filters_.slots(filter, changes_) : liveSlots_;
    met.forSlice(offset, limit, [&slots](Slot slot) { slots.push_back(slot); });
    return slots;
  }
  const RowSet& met =
      filter.where != nullptr ? filters_.slots({.where = filter.where}, changes_) : liveSlots_;
  for (const std::string& id : *filter.ids) {
    const Slot found = ids_.find(id);
    if (found == kNoSlot || !met.contains(found)) continue;
    if (filters_.meetsDocument(filter, found)) slots.push_back(found);
  }
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  slots.erase(slots.begin(), slots.begin() + std::min(offset, slots.size()));
  slots.resize(std::min(limit, slots.size()));
  return slots;
}

RecordView Collection::record(Slot slot) const {
  const Record& record = records_[slot];
  const Row row = rowOfSlot_[slot];
  const bool held = store_->keepsFloats();
  return {&record.id, &record.document, &record.metadata,
          held ? store_->vector(row) : std::span<const float>(), row};
}

Result<std::vector<Hit>> Collection::query(std::span<const float> query, size_t k, size_t efSearch,
                                           const Filter& filter) const {
  if (efSearch > kMaxEfSearch) {
    return outOfRange("efSearch", static_cast<uint32_t>(std::min<size_t>(efSearch, UINT32_MAX)), 0,
                      kMaxEfSearch);
  }
  const size_t bad = firstUnusableValue(query);
  if (bad < query.size()) return unusableValue("the query", bad, query[bad]);
  if (!store_) return std::vector<Hit>();
  if (query.size() != dimension()) return wrongDimension("the query", query.size(), dimension());
  if (k == 0 || count() == 0) return std::vector<Hit>();

  RowSet chosen;
  SearchParams params;
  params.k = std::min(k, count());
  params.efSearch = efSearch == 0 ? config_.efSearch : efSearch;
  params.allowed = allowedRows(filter, chosen);
  if (params.allowed != nullptr && params.allowed->size() == 0) return std::vector<Hit>();
  std::vector<Hit> hits;
  for (const Neighbor& neighbor : index_->search(query.data(), params)) {
    hits.push_back({neighbor.distance, slotOfRow_[neighbor.row]});
  }
  return hits;
}

// The rows that meet the filter, or null when all do. Held by chosen, or until the next read.
const RowSet* Collection::allowedRows(const Filter& filter, RowSet& chosen) const {
  if (filter.ids != nullptr) {
    for (const Slot slot : select(filter, 0, SIZE_MAX)) chosen.insert(rowOfSlot_[slot]);
    return &chosen;
  }
  if (!filter.hasConditions()) return nullptr;
  const RowSet& met =
      rowsAreSlots_ ? filters_.slots(filter, changes_) : filters_.rows(filter, changes_);
  return met.size() == count() ? nullptr : &met;
}

size_t Collection::maintain(size_t maxRows, bool rebuilds) {
  if (rebuilds && rebuildDue()) compact();
  if (rebuild_) return continueRebuild(maxRows);
  if (linksRows()) index_->link(maxRows);
  return pendingRows();
}

size_t Collection::pendingRows() const { return linksRows() ? index_->pending() : 0; }

bool Collection::linksRows() const {
  if (hnsw_ == nullptr) return false;
  return config_.index == IndexKind::Hnsw || count() > kAutoLinkRows ||
         count() * store_->comparedBytes() > kAutoLinkBytes;
}

}  // namespace pagevec
