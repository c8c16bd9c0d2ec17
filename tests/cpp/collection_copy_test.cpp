// A collection moves to other vectors: a copy is filled with what differs, while the original is
// written to, and takes the original's records at the end.
#include <gtest/gtest.h>

#include <random>

#include "collection/collection.h"
#include "collection_model.h"
#include "stored_bytes.h"

namespace pagevec {
namespace {

using testing::CollectionModel;

constexpr uint32_t kOldDimension = 2;

std::unique_ptr<Collection> make(IndexKind index, uint32_t maxNeighbors = 4) {
  CollectionConfig config;
  config.index = index;
  config.maxNeighbors = maxNeighbors;
  return std::move(Collection::make(config).value());
}

// What the other model makes of a text: whole numbers, so that distances are exact.
std::vector<float> embed(const std::optional<std::string>& text, uint32_t dimension) {
  std::mt19937 random(static_cast<uint32_t>(std::hash<std::string>{}(text.value_or("nothing"))));
  std::vector<float> vector(dimension);
  for (float& value : vector) value = static_cast<float>(random() % 15) - 7;
  return vector;
}

void write(Collection& collection, const Batch& batch) {
  const Status status = collection.validate(batch);
  ASSERT_TRUE(status.ok()) << status.message();
  collection.apply(batch, collection.lastSequence() + 1);
}

Batch randomBatch(std::mt19937& random) {
  Batch batch;
  batch.operation = static_cast<Operation>(1 + random() % 4);
  for (uint32_t n = 1 + random() % 5; n > 0; --n) {
    const std::string id = "id" + std::to_string(random() % 40);
    if (std::ranges::find(batch.ids, id) == batch.ids.end()) batch.ids.push_back(id);
  }
  if (batch.operation == Operation::Delete) return batch;
  batch.dimension = kOldDimension;
  for (size_t i = 0; i < batch.ids.size(); ++i) {
    // Only an update may leave the text out: records without one cannot be moved.
    const bool given = batch.operation != Operation::Update || random() % 4 != 0;
    batch.documents.push_back(given ? std::optional("text " + std::to_string(random() % 60))
                                    : std::nullopt);
    batch.metadatas.push_back(
        Metadata::parse("{\"n\":" + std::to_string(random() % 9) + "}").value());
    batch.embedded.push_back(true);
    for (const float value : {1.0f, static_cast<float>(random() % 9)}) {
      batch.embeddings.push_back(value);
    }
  }
  return batch;
}

// One call of differing(), and the copy gets what it found. Returns whether the end was reached.
bool copySome(const Collection& source, Collection& copy, Slot& from, uint32_t dimension) {
  Batch batch;
  batch.operation = Operation::Upsert;
  batch.dimension = dimension;
  for (const Slot slot : source.differing(copy, from, 7)) {
    const RecordView record = source.record(slot);
    batch.ids.push_back(*record.id);
    batch.documents.push_back(*record.document);
    batch.embedded.push_back(true);
    const std::vector<float> vector = embed(*record.document, dimension);
    batch.embeddings.insert(batch.embeddings.end(), vector.begin(), vector.end());
  }
  if (!batch.ids.empty()) write(copy, batch);
  return from == kNoSlot;
}

void copyAll(const Collection& source, Collection& copy, uint32_t dimension) {
  for (Slot from = 0; !copySome(source, copy, from, dimension);) continue;
}

// The source's records with the vectors of the other model.
CollectionModel expected(const Collection& source, uint32_t dimension) {
  CollectionModel model(Space::L2);
  for (const Slot slot : source.select({}, 0, SIZE_MAX)) {
    const RecordView record = source.record(slot);
    Batch batch;
    batch.operation = Operation::Add;
    batch.ids = {*record.id};
    batch.documents = {*record.document};
    batch.metadatas = {*record.metadata};
    batch.embedded = {true};
    batch.dimension = dimension;
    batch.embeddings = embed(*record.document, dimension);
    model.apply(batch);
  }
  return model;
}

class CollectionCopy : public ::testing::TestWithParam<std::tuple<IndexKind, uint32_t>> {};

TEST_P(CollectionCopy, HasTheSourcesRecordsAndItsOwnVectors) {
  const auto [index, dimension] = GetParam();
  for (uint32_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    auto source = make(index);
    auto copy = make(index);
    Slot from = 0;
    for (int step = 0; step < 60; ++step) {
      write(*source, randomBatch(random));
      if (random() % 5 == 0) source->compact();
      source->maintain(random() % 40);
      if (copySome(*source, *copy, from, dimension)) from = 0;
      if (random() % 9 == 0) copy->compact();
      copy->maintain(random() % 40);
    }
    copyAll(*source, *copy, dimension);
    ASSERT_TRUE(copy->takeRecords(*source).ok());
    EXPECT_EQ(copy->lastSequence(), source->lastSequence() + 1);
    const CollectionModel model = expected(*source, dimension);
    EXPECT_EQ(difference(*copy, model), "");
    EXPECT_EQ(queryDifference(*copy, model, embed("query", dimension), 5, nullptr, false), "");

    const auto loaded = testing::loadSnapshot(testing::takeSnapshot(*copy));
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    EXPECT_EQ(difference(*loaded.value(), model), "");

    // It is a collection like any other from here on.
    Slot none = 0;
    EXPECT_TRUE(source->differing(*copy, none, 9).empty());
    copy->compact();
    while (copy->maintain(64) > 0) continue;
    EXPECT_EQ(difference(*copy, model), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, CollectionCopy,
                         ::testing::Combine(::testing::Values(IndexKind::Flat, IndexKind::Hnsw),
                                            ::testing::Values(3u, 40u)));

TEST(CollectionCopyEdges, ARecordWithoutAVectorIsRefusedAndNothingChanges) {
  auto source = make(IndexKind::Auto);
  auto copy = make(IndexKind::Auto);
  std::mt19937 random(1);
  while (source->count() < 5) write(*source, randomBatch(random));
  Slot from = 0;
  copySome(*source, *copy, from, 3);
  Batch more;
  more.operation = Operation::Add;
  more.ids = {"new"};
  more.embedded = {true};
  more.dimension = kOldDimension;
  more.embeddings = {1, 2};
  write(*source, more);
  const auto before = testing::takeSnapshot(*copy);
  const Status status = copy->takeRecords(*source);
  EXPECT_EQ(status.message(), "the record \"new\" has no vector here");
  EXPECT_EQ(testing::takeSnapshot(*copy), before);
}

TEST(CollectionCopyEdges, EmptyCollections) {
  auto source = make(IndexKind::Auto);
  auto copy = make(IndexKind::Auto);
  Slot from = 0;
  EXPECT_TRUE(source->differing(*copy, from, 5).empty());
  EXPECT_EQ(from, kNoSlot);
  EXPECT_TRUE(copy->takeRecords(*source).ok());
  EXPECT_EQ(copy->count(), 0u);
  EXPECT_EQ(copy->lastSequence(), 1u);
}

}  // namespace
}  // namespace pagevec
