#include <string>

#include "base/quote.h"
#include "collection/collection.h"
#include "collection/limits.h"

namespace pagevec {
namespace {

Status corrupt(std::string message) { return Status(StatusCode::Corrupt, std::move(message)); }

}  // namespace

Result<std::unique_ptr<Collection>> Collection::restore(const CollectionConfig& config,
                                                        CollectionContent content) {
  Result<std::unique_ptr<Collection>> made = make(config);
  if (!made.ok()) return corrupt("stored configuration: " + made.status().message());
  std::unique_ptr<Collection> collection = std::move(made.value());
  collection->lastSequence_ = content.lastSequence;
  collection->store_ = std::move(content.vectors);
  collection->places_ = std::move(content.places);
  if (Status status = collection->adoptRecords(std::move(content.records), std::move(content.rows));
      !status.ok()) {
    return status;
  }
  if (Status status = collection->restoreGraph(content.graph, content.hasDeadRows); !status.ok()) {
    return status;
  }
  return collection;
}

Status Collection::adoptRecords(std::deque<Record> records, std::vector<Row> rowOfSlot) {
  const Row rows = store_ ? store_->rows() : 0;
  slotOfRow_.assign(rows, kNoSlot);
  records_ = std::move(records);
  rowOfSlot_ = std::move(rowOfSlot);
  for (Slot slot = 0; slot < records_.size(); ++slot) {
    const Record& record = records_[slot];
    const std::string name = "stored record " + std::to_string(slot);
    if (const auto problem = idProblem(record.id)) return corrupt(name + ": the id " + *problem);
    if (record.document) {
      if (const auto problem = documentProblem(*record.document)) {
        return corrupt(name + ": the document " + *problem);
      }
    }
    if (record.metadata && record.metadata->empty()) return corrupt(name + " has empty metadata");
    if (ids_.contains(record.id)) {
      return corrupt(name + " has the id " + inQuotes(record.id) + " of an earlier one");
    }
    ids_.insert(slot);
    const Row row = rowOfSlot_[slot];
    if (row >= rows || slotOfRow_[row] != kNoSlot) {
      return corrupt(name + " has row " + std::to_string(row) + " of " + std::to_string(rows) +
                     ", which does not exist or belongs to an earlier one");
    }
    slotOfRow_[row] = slot;
    rowsAreSlots_ = rowsAreSlots_ && row == slot;
    liveSlots_.insert(slot);
  }
  return {};
}

// Rows of the graph come back linked, the other rows pending. A row of the graph without a record
// was deleted or updated and stays as a way point only. Without the graph it is a dead row like any other.
Status Collection::restoreGraph(const HnswGraph& graph, bool hasDeadRows) {
  if (!store_ || config_.index == IndexKind::Flat) {
    if (!graph.rows.empty()) return corrupt("a graph is stored for a collection that has none");
    if (store_) index_ = makeIndex(*store_, hnsw_);
  } else {
    const HnswParams params{config_.maxNeighbors, config_.efConstruction};
    auto hnsw = HnswIndex::fromGraph(*store_, params, graph);
    if (!hnsw.ok()) return hnsw.status();
    hnsw_ = hnsw.value().get();
    index_ = std::move(hnsw.value());
  }
  std::vector<bool> linked(slotOfRow_.size());
  for (const Row row : graph.rows) linked[row] = true;
  for (Row row = 0; row < slotOfRow_.size(); ++row) {
    const bool live = slotOfRow_[row] != kNoSlot;
    if (!live && !linked[row]) {
      if (hasDeadRows) continue;
      return corrupt("stored row " + std::to_string(row) + " belongs to no record and no graph");
    }
    if (!live) index_->erase(row);
    if (!linked[row]) index_->insert(row);
  }
  return {};
}

}  // namespace pagevec
