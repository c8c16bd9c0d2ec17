#pragma once

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "collection_model.h"
#include "filter_model.h"
#include "random_filter.h"
#include "snapshot/journal.h"
#include "stored_bytes.h"

// Bytes as a sequence of operations on a collection and its model: the random tests feed random
// bytes, the fuzz target the fuzzer's.
namespace pagevec::testing {

class OperationRun {
 public:
  explicit OperationRun(ByteView script) : script_(script) {}

  // "" when the collection did at every step what the model does, else what differed.
  std::string run() {
    config_.space = static_cast<Space>(take(3));
    config_.index = static_cast<IndexKind>(take(3));
    config_.maxNeighbors = 2 + take(6);
    config_.efConstruction = 1 + take(40);
    dimension_ = 1 + take(6);
    model_ = std::make_unique<CollectionModel>(config_.space);
    collection_ = fresh();
    for (int step = 0; script_.remaining() > 0 && step < kMaxSteps; ++step) {
      std::string problem = this->step();
      if (problem.empty()) problem = difference(*collection_, *model_);
      if (!problem.empty()) return "step " + std::to_string(step) + ": " + problem;
    }
    std::string problem = reload();
    if (problem.empty()) problem = replayAll();
    return problem;
  }

 private:
  uint32_t take(uint32_t choices) { return script_.number<uint8_t>() % choices; }

  std::unique_ptr<Collection> fresh() { return std::move(Collection::make(config_).value()); }

  std::string step() {
    switch (take(13)) {
      case 0: return query(nullptr);
      case 1: {
        std::vector<std::string> ids;
        for (uint32_t n = take(8); n > 0; --n) ids.push_back(id());
        return query(&ids);
      }
      case 2:
        if (take(4) == 0) collection_->compact();
        collection_->maintain(take(take(2) ? 64 : 3));
        return "";
      case 3: return reload();
      case 4: return write(makeBatch(), true);
      case 5: return filter();
      default: return write(makeBatch(), false);
    }
  }

  std::string id() {
    static const std::string kIds[] = {"a",
                                       "b",
                                       "__proto__",
                                       "constructor",
                                       "\xC3\xA9t\xC3\xA9",
                                       std::string(300, 'x'),
                                       std::string("\0z", 2),
                                       "\xF0\x9F\x98\x80"};
    const uint32_t n = take(40);
    return n < 8 ? kIds[n] : "id" + std::to_string(n);
  }

  // Small whole numbers: sums of their products are exact in float.
  std::vector<float> vector() {
    std::vector<float> values(dimension_);
    for (float& value : values) value = static_cast<float>(take(9)) - 4;
    return values;
  }

  Batch makeBatch() {
    static const char* const kMetadata[] = {
        R"({"n":1})", R"({"n":-2.5,"s":"x"})", R"({"__proto__":true,"list":["a","b"]})",
        R"({"only":null})", R"({"bools":[true,false],"numbers":[1,2.5e300]})"};
    Batch batch;
    batch.operation = static_cast<Operation>(1 + take(4));
    const bool writes = batch.operation != Operation::Delete;
    const bool needsVectors =
        batch.operation == Operation::Add || batch.operation == Operation::Upsert;
    const uint32_t parts = take(8);
    for (uint32_t n = 1 + take(6); n > 0; --n) {
      const std::string next = id();
      if (std::find(batch.ids.begin(), batch.ids.end(), next) == batch.ids.end())
        batch.ids.push_back(next);
    }
    for (size_t i = 0; writes && i < batch.ids.size(); ++i) {
      if (parts & 1)
        batch.documents.push_back(take(4) ? std::optional("doc " + std::to_string(take(9)))
                                          : std::nullopt);
      if (parts & 2) {
        batch.metadatas.emplace_back();
        if (const uint32_t which = take(8); which > 1) {
          const std::string json =
              which < 7 ? kMetadata[which - 2] : RandomFilter(taker_).metadata().dump();
          batch.metadatas.back() = Metadata::parse(json).value();
        }
      }
      if (!needsVectors && !(parts & 4)) continue;
      batch.embedded.push_back(needsVectors || take(2));
      if (!batch.embedded.back()) continue;
      for (const float value : vector()) batch.embeddings.push_back(value);
      batch.dimension = dimension_;
    }
    return batch;
  }

  // Breaks one rule of validate(); false when the batch has nothing to break.
  bool spoil(Batch& batch) {
    switch (take(4)) {
      case 0: batch.ids.push_back(batch.ids[0]); return true;
      case 1: batch.ids[0] = ""; return true;
      case 2:
        if (batch.embeddings.empty()) return false;
        batch.embeddings.back() = std::numeric_limits<float>::quiet_NaN();
        return true;
      default: batch.documents.resize(batch.ids.size() + 1); return true;
    }
  }

  std::string write(Batch batch, bool spoiled) {
    if (spoiled) return spoil(batch) && collection_->validate(batch).ok() ? "bad batch taken" : "";
    if (Status status = collection_->validate(batch); !status.ok()) return status.message();
    const uint64_t sequence = collection_->lastSequence() + 1;
    const Bytes record = encodeRecord(batch, sequence, 7);
    if (sequence % 2 == 0) {
      if (Status status = replayRecord(*collection_, record); !status.ok()) return status.message();
    } else {
      collection_->apply(batch, sequence);
    }
    journal_.push_back(record);
    model_->apply(batch);
    return collection_->lastSequence() == sequence ? "" : "the sequence did not advance";
  }

  bool exact() const { return config_.space != Space::Cosine && config_.index != IndexKind::Hnsw; }

  std::string query(const std::vector<std::string>* ids) {
    if (collection_->dimension() == 0) return "";
    return queryDifference(*collection_, *model_, vector(), take(12), ids, exact());
  }

  // What select() and query() find with a filter is what the model finds record by record.
  std::string filter() {
    RandomFilter random(taker_);
    Json args = Json::object();
    const uint32_t kinds = 1 + take(3);
    if (kinds & 1) args["where"] = random.where();
    if (kinds & 2) args["whereDocument"] = random.whereDocument();
    std::vector<Slot> expected;
    for (const Slot slot : collection_->select({}, 0, SIZE_MAX)) {
      if (meets(collection_->record(slot), args)) expected.push_back(slot);
    }
    const ParsedFilter filter(args);
    if (collection_->select(filter, 0, SIZE_MAX) != expected) return "select " + args.dump();
    if (collection_->dimension() == 0) return "";
    const auto hits = collection_->query(vector(), SIZE_MAX, 0, filter);
    std::vector<Slot> found;
    for (const Hit& hit : hits.value()) found.push_back(hit.slot);
    std::sort(found.begin(), found.end());
    return found == expected ? "" : "query " + args.dump();
  }

  // Takes a snapshot, goes on with what it loads, and wants the same bytes from that.
  std::string reload() {
    const size_t partBytes = size_t{1} << take(13);
    const std::vector<Bytes> parts = takeSnapshot(*collection_, 3, partBytes);
    auto loaded = loadSnapshot(parts);
    if (!loaded.ok()) return "reload: " + loaded.status().message();
    if (takeSnapshot(*loaded.value(), 3, partBytes) != parts) return "reload: other bytes";
    // More may be pending: an index may scan some rows for good, which a new one decides again.
    if (loaded.value()->pendingRows() < collection_->pendingRows()) return "reload: pending rows";
    collection_ = std::move(loaded.value());
    return difference(*collection_, *model_);
  }

  std::string replayAll() {
    collection_ = fresh();
    for (const Bytes& record : journal_) {
      if (Status status = replayRecord(*collection_, record); !status.ok()) return status.message();
    }
    const std::string problem = difference(*collection_, *model_);
    return problem.empty() ? query(nullptr) : "replay: " + problem;
  }

  static constexpr int kMaxSteps = 150;
  const std::function<uint32_t(uint32_t)> taker_ = [this](uint32_t n) { return take(n); };

  ByteReader script_;
  CollectionConfig config_;
  uint32_t dimension_ = 1;
  std::unique_ptr<Collection> collection_;
  std::unique_ptr<CollectionModel> model_;
  std::vector<Bytes> journal_;
};

}  // namespace pagevec::testing
