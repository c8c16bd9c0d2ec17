// Rebuilding in slices: nothing that a caller sees changes, whatever is written meanwhile; speed,
// recall and memory come back.
#include "collection/rebuild.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "collection/limits.h"
#include "collection_model.h"
#include "stored_bytes.h"
#include "vectors.h"

namespace pagevec {
namespace {

using testing::CollectionModel;
using Vectors = std::vector<std::vector<float>>;

std::string idOf(size_t i) { return "id" + std::to_string(i); }

/// A collection and the model of its rules, written to together.
class Pair {
 public:
  explicit Pair(const CollectionConfig& config)
      : collection_(std::move(Collection::make(config).value())), model_(config.space) {}

  Collection& operator*() { return *collection_; }
  Collection* operator->() { return collection_.get(); }
  const CollectionModel& model() const { return model_; }

  void write(Operation operation, const std::vector<size_t>& numbers, const Vectors& vectors) {
    Batch batch;
    batch.operation = operation;
    for (size_t i = 0; i < numbers.size(); ++i) {
      batch.ids.push_back(idOf(numbers[i]));
      if (operation == Operation::Delete) continue;
      batch.embedded.push_back(true);
      batch.dimension = static_cast<uint32_t>(vectors[i].size());
      batch.embeddings.insert(batch.embeddings.end(), vectors[i].begin(), vectors[i].end());
    }
    const Status status = collection_->validate(batch);
    ASSERT_TRUE(status.ok()) << status.message();
    collection_->apply(batch, collection_->lastSequence() + 1);
    model_.apply(batch);
  }

 private:
  std::unique_ptr<Collection> collection_;
  CollectionModel model_;
};

std::vector<size_t> upTo(size_t end) {
  std::vector<size_t> numbers(end);
  for (size_t i = 0; i < end; ++i) numbers[i] = i;
  return numbers;
}

void finish(Collection& collection, size_t slice = 16) {
  while (collection.maintain(slice) > 0) continue;
}

double recallOf(const Collection& collection, size_t sample, size_t efSearch) {
  size_t found = 0, wanted = 0;
  for (size_t i = 0; i < sample; ++i) {
    const size_t position = i * collection.count() / sample;
    const auto exact = collection.nearestTo(position, 10, 0, true).value();
    const auto near = collection.nearestTo(position, 10, efSearch, false).value();
    wanted += exact.size();
    found += static_cast<size_t>(
        std::count_if(near.begin(), near.end(), [&](float d) { return d <= exact.back(); }));
  }
  return static_cast<double>(found) / static_cast<double>(wanted);
}

TEST(Rebuild, GivesRecallAndMemoryBack) {
  constexpr size_t kRows = 8000;
  CollectionConfig config;
  config.space = Space::Cosine;
  config.index = IndexKind::Hnsw;
  const Vectors vectors = clusteredVectors(kRows, 64, 1);
  Pair pair(config);
  pair.write(Operation::Add, upTo(kRows), vectors);
  finish(*pair);
  const size_t full = pair->bytes();

  std::vector<size_t> order = upTo(kRows);
  std::shuffle(order.begin(), order.end(), std::mt19937(2));
  pair.write(Operation::Delete, {order.begin(), order.end() - kRows / 10}, {});
  EXPECT_GT(pair->bytes(), full * 9 / 10);
  finish(*pair);
  EXPECT_EQ(pair->vectors()->rows(), kRows / 10);
  EXPECT_EQ(testing::difference(*pair, pair.model()), "");

  std::vector<size_t> kept(order.end() - kRows / 10, order.end());
  std::sort(kept.begin(), kept.end());
  Vectors keptVectors;
  for (const size_t i : kept) keptVectors.push_back(vectors[i]);
  Pair fresh(config);
  fresh.write(Operation::Add, kept, keptVectors);
  finish(*fresh);
  EXPECT_EQ(pair->graph().rows.size(), fresh->graph().rows.size());
  EXPECT_LT(static_cast<double>(pair->bytes()), 1.2 * static_cast<double>(fresh->bytes()));
  EXPECT_GT(recallOf(*fresh, 200, 16), 0.9) << "or the next line says nothing";
  EXPECT_GT(recallOf(*pair, 200, 16), recallOf(*fresh, 200, 16) - 0.02);
}

// Writes of every kind between slices of every stage, in the forms that a store can have.
TEST(Rebuild, GoesOnWhileRecordsAreWritten) {
  for (const IndexKind kind : {IndexKind::Flat, IndexKind::Auto, IndexKind::Hnsw}) {
    CollectionConfig config;
    config.space = Space::L2;
    config.index = kind;
    config.efConstruction = 20;
    Pair pair(config);
    const Vectors vectors = clusteredVectors(6000, 40, 3);
    pair.write(Operation::Add, upTo(2500), vectors);
    std::mt19937 random(4);
    const auto vector = [&] { return Vectors{vectors[random() % vectors.size()]}; };
    size_t rebuilds = 0;
    for (int step = 0; step < 2000; ++step) {
      const size_t number = random() % 3000;
      switch (random() % 6) {
        case 0: pair.write(Operation::Delete, {number, number + 1}, {}); break;
        case 1: pair.write(Operation::Update, {number}, vector()); break;
        case 2: pair.write(Operation::Upsert, {number}, vector()); break;
        default: {
          const Row before = pair->vectors()->rows();
          if (random() % 40 == 0) pair->compact();
          pair->maintain(1 + random() % 30);
          rebuilds += pair->vectors()->rows() < before;
        }
      }
      if (step % 10 != 0) continue;
      ASSERT_EQ(testing::difference(*pair, pair.model()), "") << "step " << step;
      ASSERT_EQ(testing::queryDifference(*pair, pair.model(), vector()[0], 5, nullptr,
                                         kind == IndexKind::Flat),
                "")
          << "step " << step;
    }
    EXPECT_GT(rebuilds, 1u);
    finish(*pair);
    pair->compact();
    finish(*pair);
    EXPECT_EQ(pair->vectors()->rows(), pair->count());
    EXPECT_EQ(testing::difference(*pair, pair.model()), "");
    EXPECT_GT(recallOf(*pair, 100, 64), 0.95);
  }
}

TEST(Rebuild, OfAStoreThatSettlesMeanwhile) {
  for (int form = 0; form < 4; ++form) {
    CollectionConfig config;
    config.index = IndexKind::Flat;
    config.keepVectors = form % 2 == 0;
    config.quantization = form < 2 ? Quantization::Int8 : Quantization::Binary;
    Pair pair(config);
    const Vectors vectors = clusteredVectors(3000, 40, 5);
    pair.write(Operation::Add, upTo(1500), vectors);
    pair.write(Operation::Delete, upTo(600), {});
    pair->compact();
    for (int i = 0; i < 60; ++i) pair->maintain(1);
    EXPECT_FALSE(pair->vectors()->coded());
    pair.write(Operation::Upsert, upTo(1400), {vectors.begin() + 1500, vectors.begin() + 2900});
    EXPECT_TRUE(pair->vectors()->coded());
    EXPECT_EQ(pair->vectors()->rows(), 2900u);
    finish(*pair);
    EXPECT_EQ(pair->vectors()->rows(), 1500u);
    EXPECT_TRUE(pair->vectors()->coded());
    for (size_t i = 0; i < 1400; i += 50) {
      const auto hits = pair->query(vectors[1500 + i], 1, 0, {});
      EXPECT_EQ(*pair->record(hits->at(0).slot).id, idOf(i));
      EXPECT_NEAR(hits->at(0).distance, 0, 1e-3);
    }
  }
}

TEST(Rebuild, IsNotInASnapshotUntilItIsDone) {
  CollectionConfig config;
  config.index = IndexKind::Hnsw;
  config.efConstruction = 20;
  Pair pair(config);
  pair.write(Operation::Add, upTo(600), clusteredVectors(600, 8, 6));
  finish(*pair);
  std::vector<size_t> odd;
  for (size_t i = 1; i < 600; i += 2) odd.push_back(i);
  pair.write(Operation::Delete, odd, {});
  const std::vector<Bytes> before = testing::takeSnapshot(*pair);
  pair->compact();
  size_t slices = 0;
  while (pair->vectors()->rows() == 600) {
    ASSERT_EQ(testing::takeSnapshot(*pair), before) << "slice " << slices;
    ASSERT_EQ(pair->pendingRows(), 0u) << "searches go through the old graph";
    ASSERT_GT(pair->maintain(5), 0u);
    ++slices;
  }
  EXPECT_GT(slices, 60u);
  EXPECT_EQ(pair->graph().rows.size(), 300u);
  finish(*pair);
  const auto loaded = testing::loadSnapshot(testing::takeSnapshot(*pair));
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(testing::difference(*loaded.value(), pair.model()), "");
  const auto old = testing::loadSnapshot(before);
  EXPECT_EQ(testing::difference(*old.value(), pair.model()), "");
}

TEST(Rebuild, ASliceIsSmall) {
  CollectionConfig config;
  config.index = IndexKind::Flat;
  Pair pair(config);
  pair.write(Operation::Add, upTo(5000), clusteredVectors(5000, 2, 7));
  pair.write(Operation::Delete, upTo(3000), {});
  size_t left = pair->maintain(0), slices = 0;
  EXPECT_GT(left, 5000u);
  for (; left > 0; ++slices) {
    const size_t now = pair->maintain(1);
    if (pair->vectors()->rows() == 5000) {
      EXPECT_LE(left - now, 16u);
    }
    left = now;
  }
  EXPECT_GT(slices, 300u);
  EXPECT_EQ(pair->vectors()->rows(), 2000u);
}

TEST(Rebuild, BeginsByItselfOnlyAboveAHalf) {
  CollectionConfig config;
  config.index = IndexKind::Flat;
  Pair pair(config);
  pair.write(Operation::Add, upTo(4000), clusteredVectors(4000, 2, 8));
  pair.write(Operation::Delete, upTo(2000), {});
  EXPECT_EQ(pair->maintain(8), 0u);
  pair.write(Operation::Delete, {2000}, {});
  EXPECT_GT(pair->maintain(8), 0u);
  finish(*pair);
  EXPECT_EQ(pair->vectors()->rows(), 1999u);
}

TEST(Rebuild, GivesUpTheGraphOfAnAutoCollectionThatIsScannedAgain) {
  Pair pair({});
  const size_t many = kAutoLinkRows + 500;
  pair.write(Operation::Add, upTo(many), clusteredVectors(many, 2, 9));
  finish(*pair, 512);
  EXPECT_GT(pair->graph().rows.size(), kAutoLinkRows);
  pair.write(Operation::Delete, upTo(many / 2 + 1), {});
  finish(*pair, 512);
  EXPECT_EQ(pair->graph().rows.size(), 0u);
  EXPECT_EQ(pair->pendingRows(), 0u);
  EXPECT_EQ(testing::queryDifference(*pair, pair.model(), {0, 0}, 20, nullptr, false), "");
}

// The keyword index is half made when the records begin to move; read in every slice, or at the end.
TEST(Rebuild, KeywordsFollowTheRecords) {
  for (const bool always : {true, false}) {
    auto collection = std::move(Collection::make({}).value());
    Batch batch;
    for (size_t i = 0; i < 1200; ++i) {
      batch.ids.push_back(idOf(i));
      batch.documents.push_back("word" + std::to_string(i % 50));
      batch.embedded.push_back(true);
      batch.embeddings.push_back(static_cast<float>(i));
    }
    batch.dimension = 1;
    collection->apply(batch, 1);
    EXPECT_EQ(collection->buildKeywords(500), 700u);
    Batch removed;
    removed.operation = Operation::Delete;
    std::vector<std::string> expected;
    for (size_t i = 0; i < 1200; ++i) {
      if (i % 3 != 0) removed.ids.push_back(idOf(i));
      if (i % 3 == 0 && i % 50 == 7) expected.push_back(idOf(i));
    }
    collection->apply(removed, 2);
    const auto matching = [&] {
      SearchRequest request;
      request.text = "word7";
      request.candidates = request.limit = 100;
      std::vector<std::string> ids;
      const auto hits = collection->search(request);
      for (const SearchHit& hit : hits.value()) {
        ids.push_back(*collection->record(hit.fused.slot).id);
      }
      return ids;
    };
    collection->compact();
    while (collection->maintain(1) > 0) {
      if (always) {
        ASSERT_EQ(matching(), expected);
      }
    }
    EXPECT_EQ(matching(), expected);
    batch.ids = {"more"};
    batch.documents = {"word7"};
    batch.embedded = {true};
    batch.embeddings = {0};
    collection->apply(batch, 3);
    expected.push_back("more");
    EXPECT_EQ(matching(), expected);
    EXPECT_EQ(collection->buildKeywords(0), 0u);
  }
}

TEST(Rebuild, OfNothing) {
  Pair pair({});
  pair->compact();
  EXPECT_EQ(pair->maintain(1), 0u);
  pair.write(Operation::Add, {1}, {{1, 2}});
  pair.write(Operation::Delete, {1}, {});
  pair->compact();
  finish(*pair);
  EXPECT_EQ(pair->vectors()->rows(), 0u);
  pair.write(Operation::Add, {2}, {{3, 4}});
  EXPECT_EQ(testing::difference(*pair, pair.model()), "");
}

TEST(Nearest, LeavesTheRecordItselfOut) {
  Pair pair({});
  pair.write(Operation::Add, {1, 2, 3, 4}, {{0, 0}, {1, 0}, {0, 0}, {5, 0}});
  pair.write(Operation::Delete, {2}, {});
  for (const bool exact : {true, false}) {
    EXPECT_EQ(pair->nearestTo(0, 9, 0, exact).value(), (std::vector<float>{0, 25}));
    EXPECT_EQ(pair->nearestTo(1, 1, 0, exact).value(), (std::vector<float>{0}));
    EXPECT_EQ(pair->nearestTo(2, 9, 0, exact).value(), (std::vector<float>{25, 25}));
  }
  EXPECT_EQ(pair->nearestTo(3, 1, 0, true).status().message(), "there is no record 3 of 3");
  EXPECT_EQ(pair->nearestTo(0, 1, 10001, false).status().message(),
            "efSearch is 10001; give 0 to 10000");
}

TEST(IdTable, DoesWhatAMapDoes) {
  std::deque<Record> records;
  IdTable table(records);
  std::map<std::string, uint32_t> map;
  std::mt19937 random(10);
  for (int step = 0; step < 30000; ++step) {
    // Fills, then empties.
    const bool adds = random() % 10 < (step < 15000 ? 7u : 3u);
    const std::string id = idOf(random() % 5000);
    const auto found = map.find(id);
    ASSERT_EQ(table.find(id), found == map.end() ? kNoSlot : found->second) << id;
    if (adds && found == map.end()) {
      records.emplace_back().id = id;
      const auto slot = static_cast<uint32_t>(records.size() - 1);
      table.insert(slot);
      map[id] = slot;
    } else if (!adds && found != map.end()) {
      table.erase(found->second);
      map.erase(found);
    } else if (found != map.end()) {
      records.emplace_back().id = id;
      const auto slot = static_cast<uint32_t>(records.size() - 1);
      table.move(found->second, slot);
      found->second = slot;
    }
    if (step % 1000 == 0) table.shrink();
    ASSERT_EQ(table.size(), map.size());
  }
  const size_t bytes = table.bytes();
  for (const auto& [id, slot] : map) table.erase(slot);
  table.shrink();
  EXPECT_LT(table.bytes(), bytes);
  for (const auto& [id, slot] : map) EXPECT_FALSE(table.contains(id));
}

}  // namespace
}  // namespace pagevec
