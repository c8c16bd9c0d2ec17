// Collection::adoptGraph and linkAll: graphs that were made elsewhere.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "collection/collection.h"
#include "stored_bytes.h"
#include "vectors.h"

namespace pagevec {
namespace {

constexpr uint32_t kDimension = 40;
constexpr Row kRecords = 300;
constexpr Row kWayPoints = 20;

CollectionConfig hnswConfig() {
  CollectionConfig config;
  config.index = IndexKind::Hnsw;
  config.maxNeighbors = 8;
  return config;
}

std::unique_ptr<Collection> make(const CollectionConfig& config) {
  return std::move(Collection::make(config).value());
}

void write(Collection& collection, Operation operation, Row from, Row to,
           const std::vector<std::vector<float>>& vectors) {
  Batch batch;
  batch.operation = operation;
  for (Row row = from; row < to; ++row) {
    batch.ids.push_back(std::to_string(row));
    if (operation == Operation::Delete) continue;
    batch.embedded.push_back(true);
    batch.dimension = kDimension;
    batch.embeddings.insert(batch.embeddings.end(), vectors[row].begin(), vectors[row].end());
  }
  ASSERT_TRUE(collection.validate(batch).ok());
  collection.apply(batch, collection.lastSequence() + 1);
}

/// A graph of the records and the way points, its vectors, and what is made of it.
class AdoptedGraph : public ::testing::Test {
 protected:
  AdoptedGraph() : vectors_(clusteredVectors(kRecords + kWayPoints, kDimension, 41)) {
    const auto source = make(hnswConfig());
    write(*source, Operation::Add, 0, kRecords + kWayPoints, vectors_);
    source->linkAll(SIZE_MAX);
    graph_ = source->graph();
    for (Row row = kRecords; row < kRecords + kWayPoints; ++row) {
      wayPoints_.insert(wayPoints_.end(), vectors_[row].begin(), vectors_[row].end());
    }
  }

  static void expectSame(const HnswGraph& a, const HnswGraph& b) {
    EXPECT_EQ(a.rows, b.rows);
    EXPECT_EQ(a.levels, b.levels);
    EXPECT_EQ(a.links, b.links);
    EXPECT_EQ(a.entryNode, b.entryNode);
  }

  std::vector<std::vector<float>> vectors_;
  HnswGraph graph_;
  std::vector<float> wayPoints_;
};

TEST_F(AdoptedGraph, TakesThePlaceOfLinkingAndSurvivesASnapshot) {
  const auto collection = make(hnswConfig());
  write(*collection, Operation::Add, 0, kRecords, vectors_);
  EXPECT_EQ(collection->pendingRows(), kRecords);
  const uint64_t changes = collection->changes();
  const Status status = collection->adoptGraph(graph_, wayPoints_);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_GT(collection->changes(), changes);
  EXPECT_EQ(collection->pendingRows(), 0u);
  EXPECT_EQ(collection->count(), kRecords);
  expectSame(collection->graph(), graph_);
  const auto restored = testing::loadSnapshot(testing::takeSnapshot(*collection));
  ASSERT_TRUE(restored.ok()) << restored.status().message();
  for (Collection* each : {collection.get(), restored.value().get()}) {
    expectSame(each->graph(), graph_);
    // A way point leads to others, and is never found itself.
    for (Row row = 0; row < kRecords + kWayPoints; ++row) {
      const auto hits = each->query(vectors_[row], 5, 0, {});
      ASSERT_EQ(hits->size(), 5u);
      for (const Hit& hit : hits.value()) {
        EXPECT_LT(std::stoul(*each->record(hit.slot).id), kRecords);
      }
      if (row >= kRecords) continue;
      EXPECT_EQ(*each->record(hits->front().slot).id, std::to_string(row));
    }
  }
  // It grows, and forgets, as any other.
  write(*collection, Operation::Add, kRecords, kRecords + 1, vectors_);
  EXPECT_EQ(collection->maintain(SIZE_MAX), 0u);
  write(*collection, Operation::Delete, 0, kRecords, {});
  EXPECT_EQ(collection->query(vectors_[0], 5, 0, {})->size(), 1u);
}

TEST_F(AdoptedGraph, MayComeAfterRecordsThatWereDeleted) {
  const auto collection = make(hnswConfig());
  write(*collection, Operation::Add, 0, 10, vectors_);
  collection->linkAll(SIZE_MAX);
  write(*collection, Operation::Delete, 0, 10, {});
  write(*collection, Operation::Add, 0, kRecords, vectors_);
  ASSERT_TRUE(collection->adoptGraph(graph_, wayPoints_).ok());
  const auto hits = collection->query(vectors_[7], 1, 0, {});
  EXPECT_EQ(*collection->record(hits->front().slot).id, "7");
  EXPECT_TRUE(testing::loadSnapshot(testing::takeSnapshot(*collection)).ok());
}

TEST_F(AdoptedGraph, IsRefusedUnlessItIsOfTheseRecords) {
  const auto collection = make(hnswConfig());
  const auto refusal = [&](const HnswGraph& graph, std::span<const float> wayPoints) {
    const Status status = collection->adoptGraph(graph, wayPoints);
    EXPECT_FALSE(status.message().empty());
    return status.code();
  };
  EXPECT_EQ(refusal(graph_, wayPoints_), StatusCode::InvalidArgument);  // empty
  write(*collection, Operation::Add, 0, kRecords, vectors_);
  EXPECT_EQ(refusal(graph_, {}), StatusCode::InvalidArgument);
  EXPECT_EQ(refusal(graph_, std::span(wayPoints_).first(3)), StatusCode::InvalidArgument);
  std::vector<float> bad = wayPoints_;
  bad[5] = NAN;
  EXPECT_EQ(refusal(graph_, bad), StatusCode::NotFinite);
  HnswGraph unsound = graph_;
  unsound.links[1] = 9999;
  EXPECT_EQ(refusal(unsound, wayPoints_), StatusCode::Corrupt);
  unsound = graph_;
  unsound.rows[3] = UINT32_MAX;
  EXPECT_EQ(refusal(unsound, wayPoints_), StatusCode::Corrupt);
  EXPECT_EQ(collection->pendingRows(), kRecords);
  EXPECT_EQ(collection->query(vectors_[7], 3, 0, {})->size(), 3u);
  EXPECT_TRUE(testing::loadSnapshot(testing::takeSnapshot(*collection)).ok());

  // One that was updated has a row behind the others.
  write(*collection, Operation::Upsert, 4, 5, vectors_);
  EXPECT_EQ(refusal(graph_, wayPoints_), StatusCode::InvalidArgument);

  CollectionConfig flat;
  flat.index = IndexKind::Flat;
  const auto other = make(flat);
  write(*other, Operation::Add, 0, kRecords, vectors_);
  EXPECT_EQ(other->adoptGraph(graph_, wayPoints_).code(), StatusCode::InvalidArgument);
  EXPECT_EQ(other->linkAll(SIZE_MAX), 0u);
}

TEST(CollectionLinkAll, LinksWhatMaintainLeavesToBeScanned) {
  const auto collection = make({});
  write(*collection, Operation::Add, 0, 50, clusteredVectors(50, kDimension, 42));
  EXPECT_EQ(collection->maintain(SIZE_MAX), 0u);
  EXPECT_TRUE(collection->graph().rows.empty());
  EXPECT_EQ(collection->linkAll(20), 30u);
  EXPECT_EQ(collection->linkAll(SIZE_MAX), 0u);
  EXPECT_EQ(collection->graph().rows.size(), 50u);
}

}  // namespace
}  // namespace pagevec
