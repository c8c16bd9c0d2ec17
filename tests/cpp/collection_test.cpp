#include "collection/collection.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <random>

#include "collection/limits.h"
#include "operation_run.h"

namespace pagevec {
namespace {

using testing::CollectionModel;

using Vectors = std::vector<std::vector<float>>;
using Documents = std::vector<std::optional<std::string>>;

Batch makeBatch(Operation operation, std::vector<std::string> ids, const Vectors& vectors = {},
                Documents documents = {}, const std::vector<std::string>& metadatas = {}) {
  Batch batch;
  batch.operation = operation;
  batch.ids = std::move(ids);
  batch.documents = std::move(documents);
  for (const std::string& json : metadatas) {
    batch.metadatas.push_back(json.empty() ? std::nullopt
                                           : std::optional(Metadata::parse(json).value()));
  }
  for (const std::vector<float>& vector : vectors) {
    batch.embedded.push_back(!vector.empty());
    batch.embeddings.insert(batch.embeddings.end(), vector.begin(), vector.end());
    if (!vector.empty()) batch.dimension = static_cast<uint32_t>(vector.size());
  }
  return batch;
}

std::unique_ptr<Collection> makeCollection(CollectionConfig config = {}) {
  return std::move(Collection::make(config).value());
}

void write(Collection& collection, const Batch& batch) {
  const Status status = collection.validate(batch);
  ASSERT_TRUE(status.ok()) << status.message();
  collection.apply(batch, collection.lastSequence() + 1);
}

std::vector<std::string> idsOf(const Collection& collection, const std::vector<Slot>& slots) {
  std::vector<std::string> ids;
  for (const Slot slot : slots) ids.push_back(*collection.record(slot).id);
  return ids;
}

std::vector<std::string> allIds(const Collection& collection) {
  return idsOf(collection, collection.select({}, 0, SIZE_MAX));
}

RecordView view(const Collection& collection, const std::string& id) {
  const std::vector<std::string> ids{id};
  return collection.record(collection.select({.ids = &ids}, 0, 1).at(0));
}

std::vector<std::string> queryIds(const Collection& collection, const std::vector<float>& query,
                                  size_t k, const std::vector<std::string>* ids = nullptr) {
  std::vector<Slot> slots;
  const auto hits = collection.query(query, k, 0, {.ids = ids});
  for (const Hit& hit : hits.value()) slots.push_back(hit.slot);
  return idsOf(collection, slots);
}

class Refusals : public ::testing::Test {
 protected:
  void SetUp() override {
    collection_ = makeCollection();
    write(*collection_, makeBatch(Operation::Add, {"a", "b"}, {{1, 2, 3}, {4, 5, 6}},
                                  {"one", std::nullopt}, {R"({"k":1})", ""}));
  }
  void expectRefused(const Batch& batch, StatusCode code, const std::string& message) {
    const Status status = collection_->validate(batch);
    EXPECT_EQ(status.message(), message);
    EXPECT_EQ(statusName(status.code()), std::string(statusName(code)));
  }
  std::unique_ptr<Collection> collection_;
};

TEST_F(Refusals, Shape) {
  Batch batch = makeBatch(Operation::Add, {"c"}, {{1, 2, 3}});
  batch.operation = static_cast<Operation>(9);
  expectRefused(batch, StatusCode::InvalidArgument,
                "operation 9 is unknown; use 1 (add) to 4 (delete)");
  expectRefused(makeBatch(Operation::Delete, {}), StatusCode::InvalidArgument,
                "the batch has no ids; give at least one");
  expectRefused(makeBatch(Operation::Add, {"c", "d"}, {{1, 2, 3}, {1, 2, 3}}, {"x"}),
                StatusCode::InvalidArgument,
                "documents has 1 entries for 2 ids; give one for each id, or none at all");
  expectRefused(makeBatch(Operation::Add, {"c"}, {{1, 2, 3}}, {}, {"", ""}),
                StatusCode::InvalidArgument,
                "metadatas has 2 entries for 1 ids; give one for each id, or none at all");
  expectRefused(makeBatch(Operation::Add, {"c"}, {{1, 2, 3}, {1, 2, 3}}),
                StatusCode::InvalidArgument,
                "embeddings has 2 entries for 1 ids; give one for each id, or none at all");
  expectRefused(makeBatch(Operation::Delete, {"a"}, {}, {"x"}), StatusCode::InvalidArgument,
                "delete takes ids only; leave out documents, metadatas and embeddings");
}

TEST_F(Refusals, Ids) {
  expectRefused(makeBatch(Operation::Delete, {"a", ""}), StatusCode::InvalidArgument,
                "id 1 is empty; give it at least one character");
  expectRefused(makeBatch(Operation::Delete, {"a", "b", "a"}), StatusCode::DuplicateId,
                "id 2, \"a\", is in the batch twice; give each id once");
  expectRefused(makeBatch(Operation::Delete, {"\xED\xA0\x80"}), StatusCode::InvalidArgument,
                "id 0 is not valid UTF-8; replace lone surrogates (toWellFormed)");
  expectRefused(makeBatch(Operation::Delete, {std::string(kMaxIdBytes + 1, 'x')}),
                StatusCode::LimitExceeded, "id 0 has 65537 bytes, the limit is 65536; shorten it");
}

TEST_F(Refusals, DocumentsAndMetadata) {
  expectRefused(makeBatch(Operation::Update, {"a", "b"}, {}, {"x", "\xC3("}),
                StatusCode::InvalidArgument,
                "document 1 is not valid UTF-8; replace lone surrogates (toWellFormed)");
  expectRefused(makeBatch(Operation::Update, {"a"}, {}, {std::string(kMaxDocumentBytes + 1, 'x')}),
                StatusCode::LimitExceeded,
                "document 0 has 67108865 bytes, the limit is 67108864; shorten it");
  const std::string large = "{\"x\":\"" + std::string(kMaxMetadataBytes - 100, 'x') + "\"}";
  const std::string tooLarge = "{\"x\":\"" + std::string(kMaxMetadataBytes, 'x') + "\"}";
  expectRefused(
      makeBatch(Operation::Update, {"a"}, {}, {}, {tooLarge}), StatusCode::LimitExceeded,
      "metadata 0 takes 1048601 bytes, the limit is 1048576; keep long text in the document");
  write(*collection_, makeBatch(Operation::Update, {"a"}, {}, {}, {large}));
  write(*collection_, makeBatch(Operation::Update, {"a"}, {}, {}, {large}));  // replaces it
  const std::string more = "{\"y\":\"" + std::string(100, 'y') + "\"}";
  expectRefused(makeBatch(Operation::Upsert, {"a"}, {{1, 2, 3}}, {}, {more}),
                StatusCode::LimitExceeded,
                "metadata 0 takes 1048651 bytes once merged, the limit is 1048576; "
                "keep long text in the document");
  EXPECT_TRUE(
      collection_->validate(makeBatch(Operation::Add, {"a"}, {{1, 2, 3}}, {}, {more})).ok());
}

TEST_F(Refusals, Embeddings) {
  expectRefused(makeBatch(Operation::Upsert, {"a", "c"}, {{1, 2, 3}, {}}),
                StatusCode::InvalidArgument,
                "document 1 has no embedding; add and upsert need one for every id");
  expectRefused(makeBatch(Operation::Add, {"c"}, {}, {"x"}), StatusCode::InvalidArgument,
                "document 0 has no embedding; add and upsert need one for every id");
  expectRefused(makeBatch(Operation::Update, {"a", "b"}, {{}, {1, 2}}),
                StatusCode::DimensionMismatch, "document 1 has 2 dimensions, the collection has 3");
  Batch zero = makeBatch(Operation::Add, {"c"}, {{1}});
  zero.embeddings.clear();
  zero.dimension = 0;
  expectRefused(zero, StatusCode::InvalidArgument,
                "document 0 has an embedding of 0 dimensions; give at least 1");
  Batch ragged = makeBatch(Operation::Add, {"c", "d"}, {{1, 2, 3}, {4, 5, 6}});
  ragged.embeddings.pop_back();
  expectRefused(ragged, StatusCode::InvalidArgument,
                "embeddings holds 5 values; 2 vectors of 3 dimensions need 6");
  Batch wrapping = ragged;  // 2 * 0x80000000 is 0 in 32 bits
  wrapping.dimension = 0x80000000;
  wrapping.embeddings.clear();
  expectRefused(wrapping, StatusCode::InvalidArgument,
                "embeddings holds 0 values; 2 vectors of 2147483648 dimensions need 4294967296");
  const auto wide = makeBatch(Operation::Add, {"c"}, {std::vector<float>(kMaxDimension + 1)});
  EXPECT_EQ(makeCollection()->validate(wide).message(),
            "document 0 has 65537 dimensions, the limit is 65536");
  EXPECT_EQ(makeCollection()->validate(wide).code(), StatusCode::LimitExceeded);
}

TEST_F(Refusals, Values) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  expectRefused(makeBatch(Operation::Update, {"a", "x", "b"}, {{1, 2, 3}, {}, {1, nan, 3}}),
                StatusCode::NotFinite,
                "document 2 has NaN at position 1; embeddings must be finite numbers");
  expectRefused(makeBatch(Operation::Add, {"c"}, {{1, 2, -infinity}}), StatusCode::NotFinite,
                "document 0 has an infinity at position 2; embeddings must be finite numbers");
  const Status large = collection_->validate(makeBatch(Operation::Add, {"c"}, {{1e17f, 0, 0}}));
  EXPECT_EQ(large.code(), StatusCode::InvalidArgument);
  EXPECT_NE(large.message().find("document 0 has"), std::string::npos);
  EXPECT_TRUE(
      collection_->validate(makeBatch(Operation::Add, {"c"}, {{1e16f, -1e16f, 1e-45f}})).ok());
}

TEST_F(Refusals, Queries) {
  auto refused = [&](std::vector<float> query, size_t efSearch) {
    return collection_->query(query, 1, efSearch, {}).status();
  };
  EXPECT_EQ(refused({1, 2}, 0).message(), "the query has 2 dimensions, the collection has 3");
  EXPECT_EQ(refused({1, 2}, 0).code(), StatusCode::DimensionMismatch);
  EXPECT_EQ(refused({}, 0).code(), StatusCode::DimensionMismatch);
  EXPECT_EQ(refused({1, 2, NAN}, 0).code(), StatusCode::NotFinite);
  EXPECT_EQ(refused({1, 2, 1e30f}, 0).code(), StatusCode::InvalidArgument);
  EXPECT_EQ(refused({1, 2, 3}, 10001).message(), "efSearch is 10001; give 0 to 10000");
  EXPECT_TRUE(refused({1, 2, 3}, 10000).ok());
}

TEST(Collection, RefusesAConfigOutOfRange) {
  auto message = [](std::function<void(CollectionConfig&)> change) {
    CollectionConfig config;
    change(config);
    const auto made = Collection::make(config);
    EXPECT_EQ(made.status().code(), StatusCode::InvalidArgument);
    return made.status().message();
  };
  EXPECT_EQ(message([](auto& c) { c.space = static_cast<Space>(3); }), "space is 3; give 0 to 2");
  EXPECT_EQ(message([](auto& c) { c.index = static_cast<IndexKind>(9); }),
            "index kind is 9; give 0 to 2");
  EXPECT_EQ(message([](auto& c) { c.maxNeighbors = 1; }), "maxNeighbors is 1; give 2 to 128");
  EXPECT_EQ(message([](auto& c) { c.efConstruction = 0; }), "efConstruction is 0; give 1 to 4096");
  EXPECT_EQ(message([](auto& c) { c.efSearch = 0; }), "efSearch is 0; give 1 to 10000");
}

TEST(Collection, AnswersWhenEmpty) {
  const auto collection = makeCollection();
  const std::vector<std::string> ids{"a"};
  EXPECT_EQ(collection->count(), 0u);
  EXPECT_EQ(collection->dimension(), 0u);
  EXPECT_EQ(collection->pendingRows(), 0u);
  EXPECT_FALSE(collection->contains("a"));
  EXPECT_TRUE(collection->select({}, 0, 10).empty());
  EXPECT_TRUE(collection->select({.ids = &ids}, 0, 10).empty());
  EXPECT_TRUE(collection->query(std::vector<float>{1, 2}, 5, 0, {})->empty());
}

TEST(Collection, UpdatesAndDeletesOfUnknownIdsDoNotFixADimension) {
  const auto collection = makeCollection();
  write(*collection, makeBatch(Operation::Update, {"a"}, {{1, 2}}));
  write(*collection, makeBatch(Operation::Delete, {"a"}));
  EXPECT_EQ(collection->dimension(), 0u);
  write(*collection, makeBatch(Operation::Add, {"a"}, {{1, 2, 3}}));
  EXPECT_EQ(collection->dimension(), 3u);
  write(*collection, makeBatch(Operation::Delete, {"a"}));
  EXPECT_EQ(collection->dimension(), 3u);
  EXPECT_EQ(collection->count(), 0u);
  EXPECT_TRUE(collection->query(std::vector<float>{1, 2, 3}, 5, 0, {})->empty());
  EXPECT_EQ(collection->lastSequence(), 4u);
}

TEST(Collection, AddLeavesExistingRecordsAlone) {
  const auto collection = makeCollection();
  write(*collection, makeBatch(Operation::Add, {"a"}, {{1, 2}}, {"one"}, {R"({"k":1})"}));
  write(*collection, makeBatch(Operation::Add, {"a", "b"}, {{9, 9}, {3, 4}}, {"two", "three"},
                               {R"({"k":2})", ""}));
  EXPECT_EQ(*view(*collection, "a").document, "one");
  EXPECT_EQ(view(*collection, "a").metadata->value().toJson(), R"({"k":1})");
  EXPECT_EQ(view(*collection, "a").embedding[0], 1);
  EXPECT_EQ(allIds(*collection), (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(view(*collection, "b").metadata->has_value());
}

TEST(Collection, UpsertReplacesVectorAndDocumentAndMergesMetadata) {
  const auto collection = makeCollection();
  write(*collection, makeBatch(Operation::Add, {"a", "b"}, {{1, 2}, {3, 4}}, {"one", "two"},
                               {R"({"k":1,"s":"x"})", R"({"k":2})"}));
  write(*collection, makeBatch(Operation::Upsert, {"a", "c"}, {{5, 6}, {7, 8}},
                               {"new", std::nullopt}, {R"({"k":9,"m":true})", ""}));
  EXPECT_EQ(allIds(*collection), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(*view(*collection, "a").document, "new");
  EXPECT_EQ(view(*collection, "a").metadata->value().toJson(), R"({"k":9,"s":"x","m":true})");
  EXPECT_EQ(view(*collection, "a").embedding[1], 6);
  write(*collection, makeBatch(Operation::Upsert, {"a"}, {{0, 0}}));
  EXPECT_EQ(*view(*collection, "a").document, "new") << "a document that is not given stays";
  EXPECT_EQ(queryIds(*collection, {0, 0}, 1), std::vector<std::string>{"a"});
}

TEST(Collection, UpdateChangesOnlyWhatIsGiven) {
  const auto collection = makeCollection();
  write(*collection, makeBatch(Operation::Add, {"a", "b"}, {{1, 2}, {3, 4}}, {"one", "two"}));
  write(*collection, makeBatch(Operation::Update, {"a", "none", "b"}, {{}, {5, 5}, {9, 9}},
                               {"changed", "x", std::nullopt}, {"", "", R"({"k":1})"}));
  EXPECT_EQ(collection->count(), 2u);
  EXPECT_EQ(*view(*collection, "a").document, "changed");
  EXPECT_EQ(view(*collection, "a").embedding[0], 1);
  EXPECT_EQ(*view(*collection, "b").document, "two");
  EXPECT_EQ(view(*collection, "b").embedding[0], 9);
  EXPECT_EQ(view(*collection, "b").metadata->value().toJson(), R"({"k":1})");
  write(*collection,
        makeBatch(Operation::Update, {"a", "b"}, {}, {}, {R"({"k":null})", R"({"k":null})"}));
  EXPECT_FALSE(view(*collection, "a").metadata->has_value());
  EXPECT_EQ(view(*collection, "b").metadata->value().toJson(), R"({"k":1})");
}

TEST(Collection, AnIdThatComesBackComesLast) {
  const auto collection = makeCollection();
  write(*collection, makeBatch(Operation::Add, {"a", "b", "c"}, {{1}, {2}, {3}}));
  write(*collection, makeBatch(Operation::Delete, {"a", "missing"}));
  EXPECT_FALSE(collection->contains("a"));
  write(*collection, makeBatch(Operation::Add, {"a"}, {{4}}));
  EXPECT_EQ(allIds(*collection), (std::vector<std::string>{"b", "c", "a"}));
}

TEST(Collection, SelectsInInsertionOrderWithOffsetAndLimit) {
  const auto collection = makeCollection();
  write(*collection,
        makeBatch(Operation::Add, {"a", "b", "c", "d", "e"}, {{1}, {2}, {3}, {4}, {5}}));
  write(*collection, makeBatch(Operation::Delete, {"b"}));
  using Ids = std::vector<std::string>;
  const Ids asked{"e", "missing", "c", "e", "a", "b"};
  EXPECT_EQ(idsOf(*collection, collection->select({}, 1, 2)), (Ids{"c", "d"}));
  EXPECT_EQ(idsOf(*collection, collection->select({}, 9, 2)), Ids{});
  EXPECT_EQ(idsOf(*collection, collection->select({}, 0, 0)), Ids{});
  EXPECT_EQ(idsOf(*collection, collection->select({.ids = &asked}, 0, SIZE_MAX)),
            (Ids{"a", "c", "e"}));
  EXPECT_EQ(idsOf(*collection, collection->select({.ids = &asked}, 1, 1)), (Ids{"c"}));
  EXPECT_EQ(idsOf(*collection, collection->select({.ids = &asked}, 7, 1)), Ids{});
}

TEST(Collection, SelectsEveryPageOfManyRecords) {
  const auto collection = makeCollection();
  Batch add = makeBatch(Operation::Add, {}, {});
  Batch remove = makeBatch(Operation::Delete, {}, {});
  std::vector<std::string> kept;
  add.dimension = 1;
  for (int i = 0; i < 1000; ++i) {
    add.ids.push_back("id" + std::to_string(i));
    add.embeddings.push_back(static_cast<float>(i));
    // Whole words of a bitmap, and parts of some, without a record.
    const bool removed = (i >= 64 && i < 320) || i % 7 == 0;
    (removed ? remove.ids : kept).push_back(add.ids.back());
  }
  add.embedded.assign(add.ids.size(), true);
  write(*collection, add);
  write(*collection, remove);
  for (size_t offset = 0; offset <= kept.size() + 1; ++offset) {
    const size_t begin = std::min(offset, kept.size());
    const size_t end = std::min(begin + 70, kept.size());
    const std::vector<std::string> expected(kept.begin() + begin, kept.begin() + end);
    ASSERT_EQ(idsOf(*collection, collection->select({}, offset, 70)), expected) << offset;
  }
}

TEST(Collection, QueriesNearestFirstAmongIds) {
  for (const IndexKind kind : {IndexKind::Auto, IndexKind::Flat, IndexKind::Hnsw}) {
    CollectionConfig config;
    config.index = kind;
    const auto collection = makeCollection(config);
    write(*collection,
          makeBatch(Operation::Add, {"a", "b", "c", "d"}, {{1, 0}, {3, 0}, {2, 0}, {2, 0}}));
    collection->maintain(1);
    using Ids = std::vector<std::string>;
    const Ids some{"d", "a", "missing"};
    const Ids none{"missing"};
    EXPECT_EQ(queryIds(*collection, {2, 0}, 9), (Ids{"c", "d", "a", "b"}));
    EXPECT_EQ(queryIds(*collection, {2, 0}, 1), Ids{"c"});
    EXPECT_EQ(queryIds(*collection, {2, 0}, 0), Ids{});
    EXPECT_EQ(queryIds(*collection, {2, 0}, 9, &some), (Ids{"d", "a"}));
    EXPECT_EQ(queryIds(*collection, {2, 0}, 9, &none), Ids{});
    EXPECT_FLOAT_EQ(collection->query(std::vector<float>{5, 0}, 1, 0, {})->at(0).distance, 4);
  }
}

TEST(Collection, AutoLinksOnlyAboveItsThreshold) {
  const auto collection = makeCollection();
  Batch batch = makeBatch(Operation::Add, {});
  batch.dimension = 2;
  for (size_t i = 0; i < kAutoLinkRows; ++i) {
    batch.ids.push_back("id" + std::to_string(i));
    batch.embedded.push_back(true);
    batch.embeddings.insert(batch.embeddings.end(),
                            {static_cast<float>(i % 71), static_cast<float>(i)});
  }
  write(*collection, batch);
  EXPECT_EQ(collection->maintain(1000), 0u);
  EXPECT_EQ(collection->graph().rows.size(), 0u);
  write(*collection, makeBatch(Operation::Add, {"one more"}, {{0, -5}}));
  EXPECT_EQ(collection->pendingRows(), kAutoLinkRows + 1);
  EXPECT_EQ(collection->maintain(100), kAutoLinkRows - 99);
  EXPECT_EQ(collection->graph().rows.size(), 100u);
  EXPECT_EQ(queryIds(*collection, {0, -6}, 1), std::vector<std::string>{"one more"});
}

TEST(Collection, AutoLinksLongRowsEarlier) {
  constexpr uint32_t kDimension = 3072;
  constexpr size_t kRows = kAutoLinkBytes / kDimension;
  const auto collection = makeCollection();
  Batch batch = makeBatch(Operation::Add, {});
  batch.dimension = kDimension;
  batch.embeddings.resize(kRows * kDimension);
  for (size_t i = 0; i < kRows; ++i) {
    batch.ids.push_back("id" + std::to_string(i));
    batch.embedded.push_back(true);
    batch.embeddings[i * kDimension + i] = 1;
  }
  write(*collection, batch);
  EXPECT_EQ(collection->pendingRows(), 0u);
  const std::vector<float> zeros(kDimension);
  write(*collection, makeBatch(Operation::Add, {"one more"}, {zeros}));
  EXPECT_EQ(collection->pendingRows(), kRows + 1);
}

// Rewrites 1,500 records three times over, so that dead rows outnumber live ones.
TEST(Collection, CompactsWithoutChangingAnAnswer) {
  for (const IndexKind kind : {IndexKind::Auto, IndexKind::Flat, IndexKind::Hnsw}) {
    CollectionConfig config;
    config.index = kind;
    const auto collection = makeCollection(config);
    CollectionModel model(config.space);
    std::mt19937 random(7);
    auto rewrite = [&](Operation operation, int from, int to) {
      Batch batch = makeBatch(operation, {});
      batch.dimension = operation == Operation::Delete ? 0 : 3;
      for (int i = from; i < to; ++i) {
        batch.ids.push_back("id" + std::to_string(i));
        if (operation == Operation::Delete) continue;
        batch.embedded.push_back(true);
        for (int d = 0; d < 3; ++d) batch.embeddings.push_back(static_cast<float>(random() % 20));
      }
      write(*collection, batch);
      model.apply(batch);
    };
    rewrite(Operation::Add, 0, 1500);
    collection->maintain(500);
    rewrite(Operation::Delete, 0, 300);
    rewrite(Operation::Upsert, 1000, 1400);
    EXPECT_EQ(collection->vectors()->rows(), 1900u);
    rewrite(Operation::Update, 300, 1500);
    EXPECT_EQ(collection->vectors()->rows(), 3100u);
    while (collection->maintain(64) > 0) continue;
    EXPECT_EQ(collection->vectors()->rows(), 1200u) << "1,900 of 3,100 rows were dead";
    EXPECT_EQ(testing::difference(*collection, model), "");
    for (int i = 0; i < 20; ++i) {
      const std::vector<float> query{static_cast<float>(random() % 20), 10, 3};
      EXPECT_EQ(testing::queryDifference(*collection, model, query, 25, nullptr, true), "");
    }
    rewrite(Operation::Add, 0, 10);
    EXPECT_EQ(testing::difference(*collection, model), "");
    if (kind == IndexKind::Hnsw) {
      EXPECT_EQ(collection->pendingRows(), 10u);
    }
  }
}

TEST(Collection, RebuildsAGraphOfMostlyErasedNodes) {
  CollectionConfig config;
  config.index = IndexKind::Hnsw;
  const auto collection = makeCollection(config);
  auto add = [&](int from, int to) {
    Batch batch = makeBatch(Operation::Add, {});
    batch.dimension = 1;
    for (int i = from; i < to; ++i) {
      batch.ids.push_back("id" + std::to_string(i));
      batch.embedded.push_back(true);
      batch.embeddings.push_back(static_cast<float>(i));
    }
    write(*collection, batch);
  };
  add(0, 1800);
  collection->maintain(5000);
  add(1800, 4000);
  Batch batch = makeBatch(Operation::Delete, {});
  for (int i = 0; i < 1200; ++i) batch.ids.push_back("id" + std::to_string(i));
  write(*collection, batch);
  EXPECT_EQ(collection->vectors()->rows(), 4000u);
  while (collection->maintain(64) > 0) continue;
  EXPECT_EQ(collection->graph().rows.size(), 2800u);
  EXPECT_EQ(collection->vectors()->rows(), 2800u);
  EXPECT_EQ(queryIds(*collection, {100}, 1), std::vector<std::string>{"id1200"});
}

TEST(Collection, DoesWhatTheModelDoes) {
  std::mt19937 random(20261121);
  for (int round = 0; round < 300; ++round) {
    Bytes script(1500);
    for (uint8_t& byte : script) byte = static_cast<uint8_t>(random());
    ASSERT_EQ(testing::OperationRun(script).run(), "") << "round " << round;
  }
}

}  // namespace
}  // namespace pagevec
