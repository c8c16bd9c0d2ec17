#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collection/collection.h"

// The rules of a collection, written down a second time without an index, slots or rows.
namespace pagevec::testing {

struct ModelRecord {
  std::string id;
  std::optional<std::string> document;
  std::map<std::string, MetadataValue> metadata;
  std::vector<float> embedding;
  uint64_t written = 0;  // when the embedding was written: the order of equal distances
};

struct ModelHit {
  double distance;
  const ModelRecord* record;
};

inline double modelDistance(Space space, const std::vector<float>& a, const std::vector<float>& b) {
  double dot = 0, aa = 0, bb = 0, square = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = a[i], y = b[i];
    dot += x * y;
    aa += x * x;
    bb += y * y;
    square += (x - y) * (x - y);
  }
  if (space == Space::L2) return square;
  if (space == Space::Ip) return 1 - dot;
  return aa == 0 || bb == 0 ? 1 : 1 - dot / std::sqrt(aa * bb);
}

class CollectionModel {
 public:
  explicit CollectionModel(Space space) : space_(space) {}

  void apply(const Batch& batch) {
    size_t vector = 0;
    for (size_t i = 0; i < batch.ids.size(); ++i) {
      ModelRecord given;
      given.id = batch.ids[i];
      if (!batch.documents.empty()) given.document = batch.documents[i];
      if (!batch.metadatas.empty() && batch.metadatas[i]) {
        for (const auto& [key, value] : batch.metadatas[i]->fields()) given.metadata[key] = value;
      }
      if (!batch.embedded.empty() && batch.embedded[i]) {
        const auto from = batch.embeddings.begin() + vector++ * batch.dimension;
        given.embedding.assign(from, from + batch.dimension);
        given.written = ++writes_;
      }
      applyOne(batch.operation, std::move(given));
    }
  }

  const std::vector<ModelRecord>& records() const { return records_; }

  const ModelRecord* find(const std::string& id) const {
    for (const ModelRecord& record : records_) {
      if (record.id == id) return &record;
    }
    return nullptr;
  }

  std::vector<ModelHit> query(const std::vector<float>& query, size_t k,
                              const std::vector<std::string>* ids) const {
    std::vector<ModelHit> hits;
    for (const ModelRecord& record : records_) {
      if (ids != nullptr && std::find(ids->begin(), ids->end(), record.id) == ids->end()) continue;
      hits.push_back({modelDistance(space_, query, record.embedding), &record});
    }
    std::sort(hits.begin(), hits.end(), [](const ModelHit& a, const ModelHit& b) {
      return a.distance != b.distance ? a.distance < b.distance
                                      : a.record->written < b.record->written;
    });
    hits.resize(std::min(k, hits.size()));
    return hits;
  }

 private:
  void applyOne(Operation operation, ModelRecord given) {
    const auto old = std::find_if(records_.begin(), records_.end(),
                                  [&](const ModelRecord& record) { return record.id == given.id; });
    const bool exists = old != records_.end();
    if (operation == Operation::Delete) {
      if (exists) records_.erase(old);
    } else if (!exists) {
      if (operation != Operation::Update) records_.push_back(std::move(given));
    } else if (operation != Operation::Add) {
      if (given.document) old->document = given.document;
      for (auto& [key, value] : given.metadata) old->metadata[key] = value;
      if (!given.embedding.empty()) {
        old->embedding = given.embedding;
        old->written = given.written;
      }
    }
  }

  Space space_;
  uint64_t writes_ = 0;
  std::vector<ModelRecord> records_;
};

// "" when both hold the same records in the same order, else the first difference.
inline std::string difference(const Collection& collection, const CollectionModel& model) {
  const auto slots = collection.select({}, 0, SIZE_MAX);
  if (slots.size() != model.records().size() || collection.count() != slots.size()) {
    return "count is " + std::to_string(slots.size()) + ", the model has " +
           std::to_string(model.records().size());
  }
  for (size_t i = 0; i < slots.size(); ++i) {
    const RecordView view = collection.record(slots[i]);
    const ModelRecord& expected = model.records()[i];
    if (*view.id != expected.id) return "record " + std::to_string(i) + " is " + *view.id;
    if (*view.document != expected.document) return "document of " + expected.id;
    std::map<std::string, MetadataValue> metadata;
    if (*view.metadata) {
      metadata.insert((*view.metadata)->fields().begin(), (*view.metadata)->fields().end());
    }
    if (metadata != expected.metadata) return "metadata of " + expected.id;
    if (view.metadata->has_value() && metadata.empty()) return "empty metadata of " + expected.id;
    if (!std::equal(view.embedding.begin(), view.embedding.end(), expected.embedding.begin(),
                    expected.embedding.end())) {
      return "embedding of " + expected.id;
    }
    if (!collection.contains(expected.id)) return "contains(" + expected.id + ")";
  }
  return "";
}

// "" when the hits are right. Exact: the very records of the model in its order (for vectors whose
// distances are exact in float). Otherwise: each hit's distance is right and they ascend.
inline std::string queryDifference(const Collection& collection, const CollectionModel& model,
                                   const std::vector<float>& query, size_t k,
                                   const std::vector<std::string>* ids, bool exact) {
  const auto result = collection.query(query, k, 10000, {.ids = ids});
  if (!result.ok()) return result.status().message();
  const std::vector<ModelHit> expected = model.query(query, k, ids);
  const std::vector<ModelHit> all = model.query(query, SIZE_MAX, ids);
  if (exact && result->size() != expected.size()) {
    return "found " + std::to_string(result->size()) + " of " + std::to_string(expected.size());
  }
  if (result->size() > expected.size()) return "too many hits";
  for (size_t i = 0; i < result->size(); ++i) {
    const Hit& hit = result.value()[i];
    const std::string& id = *collection.record(hit.slot).id;
    if (exact && id != expected[i].record->id) {
      return "hit " + std::to_string(i) + " is " + id + ", not " + expected[i].record->id;
    }
    const auto truth =
        std::find_if(all.begin(), all.end(), [&](const ModelHit& h) { return h.record->id == id; });
    if (truth == all.end()) return "hit " + id + " is not allowed";
    const double tolerance = 1e-4 * std::max(1.0, std::fabs(truth->distance));
    if (std::fabs(hit.distance - truth->distance) > tolerance) {
      return "distance of " + id + " is " + std::to_string(hit.distance) + ", not " +
             std::to_string(truth->distance);
    }
    if (i > 0 && hit.distance < result.value()[i - 1].distance) return "hits do not ascend";
  }
  return "";
}

}  // namespace pagevec::testing
