#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "collection/collection.h"

namespace pagevec {
namespace {

std::unique_ptr<Collection> emptyCollection() {
  return std::move(Collection::make({.space = Space::Cosine, .index = IndexKind::Flat}).value());
}

void apply(Collection& collection, Operation operation, std::vector<std::string> ids,
           std::vector<std::optional<std::string>> documents) {
  Batch batch;
  batch.operation = operation;
  batch.ids = std::move(ids);
  batch.documents = std::move(documents);
  if (operation == Operation::Add || operation == Operation::Upsert) {
    batch.dimension = 2;
    batch.embedded.assign(batch.ids.size(), true);
    for (const std::string& id : batch.ids) {
      batch.embeddings.insert(batch.embeddings.end(),
                              {1, static_cast<float>(id.size() + id.back())});
    }
  }
  ASSERT_TRUE(collection.validate(batch).ok()) << collection.validate(batch).message();
  collection.apply(batch, collection.lastSequence() + 1);
}

SearchRequest keywordRequest(std::string_view text, size_t limit = 50) {
  SearchRequest request;
  request.text = text;
  request.candidates = request.limit = limit;
  return request;
}

std::string shown(Collection& collection, const SearchRequest& request) {
  const auto hits = collection.search(request);
  if (!hits.ok()) return hits.status().message();
  std::string text;
  for (const SearchHit& hit : hits.value()) {
    text += *collection.record(hit.fused.slot).id + " " + std::to_string(hit.fused.score) + ", ";
  }
  return text;
}

// The index that followed the writes answers as one that is made anew from the same records.
TEST(CollectionSearch, FollowsWritesFromAnyPartOfTheIndexOn) {
  std::mt19937 random(1);
  const auto collection = emptyCollection();
  auto text = [&] {
    std::string words;
    for (uint32_t n = random() % 8; n > 0; --n) words += std::string(1, 'a' + random() % 9) + " ";
    return words;
  };
  for (int step = 0; step < 1500; ++step) {
    std::vector<std::string> ids;
    std::vector<std::optional<std::string>> documents;
    const uint32_t first = random() % 3000;
    for (uint32_t i = 0; i < 1 + random() % 30; ++i) {
      ids.push_back("r" + std::to_string(first + i));
      documents.push_back(random() % 9 == 0 ? std::nullopt : std::optional(text()));
    }
    // Deletes more often later, so that rows are dropped and slots numbered anew.
    const bool deletes = random() % 10 < (step < 500 ? 2 : 6);
    if (deletes) {
      apply(*collection, Operation::Delete, ids, {});
    } else {
      apply(*collection, random() % 3 == 0 ? Operation::Update : Operation::Upsert, ids, documents);
    }
    if (step < 400) {
      if (step > 100) collection->buildKeywords(random() % 20);
      continue;
    }
    if (step % 25 != 0) continue;
    const auto anew = emptyCollection();
    for (const Slot slot : collection->select({}, 0, SIZE_MAX)) {
      const RecordView record = collection->record(slot);
      apply(*anew, Operation::Add, {*record.id}, {*record.document});
    }
    for (const char* query : {"a", "b c", "d e f g", "i i"}) {
      ASSERT_EQ(shown(*collection, keywordRequest(query)), shown(*anew, keywordRequest(query)))
          << "step " << step;
    }
  }
}

TEST(CollectionSearch, RefusesWhatItCannotCount) {
  const auto collection = emptyCollection();
  apply(*collection, Operation::Add, {"a"}, {"word"});
  SearchRequest request = keywordRequest("word");
  EXPECT_NE(shown(*collection, request).find("a "), std::string::npos);
  request.keyword.k1 = -1;
  EXPECT_EQ(shown(*collection, request), "k1 must be 0 to 1,000");
  request = keywordRequest("word");
  request.keyword.b = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(shown(*collection, request), "b must be 0 to 1");
  request = keywordRequest("word");
  request.keyword.fuzzy = 3;
  EXPECT_EQ(shown(*collection, request), "fuzzy must be 0 to 2 edits, or 255 for automatic");
  request = keywordRequest("word");
  request.vectorWeight = -1;
  EXPECT_EQ(shown(*collection, request), "a weight must be 0 to 1,000");
  request = keywordRequest("word");
  const std::vector<float> vector = {1, 2, 3};
  request.vector = vector;
  EXPECT_EQ(collection->search(request).status().code(), StatusCode::DimensionMismatch);
}

// A text beside a vector, without weight: the hits are the vector's, described by the words.
TEST(CollectionSearch, ShowsWordsInWhatAVectorFinds) {
  const auto collection = emptyCollection();
  apply(*collection, Operation::Add, {"a", "b"}, {"a word here", "nothing"});
  const std::vector<float> vector = {0, 1};
  SearchRequest request = keywordRequest("word");
  request.vector = vector;
  request.keywordWeight = 0;
  request.passages = 1;
  const auto hits = collection->search(request);
  ASSERT_EQ(hits->size(), 2u);
  for (const SearchHit& hit : hits.value()) {
    EXPECT_EQ(hit.fused.parts[kKeywordPart].rank, 0u);
    EXPECT_EQ(hit.passages.size(), *collection->record(hit.fused.slot).id == "a" ? 1u : 0u);
  }
  const std::string described = shown(*collection, request);
  request.text.reset();
  EXPECT_EQ(shown(*collection, request), described);
}

TEST(CollectionSearch, FiltersAndStems) {
  const auto collection = emptyCollection();
  apply(*collection, Operation::Add, {"a", "b", "c"}, {"connected", "connecting", "cable"});
  const std::vector<std::string> words = collection->wordsToStem("Connections", false);
  ASSERT_EQ(words, (std::vector<std::string>{"connected", "connecting", "cable", "connections"}));
  collection->addStems({"cable"}, {"out of date"});
  collection->addStems(words, {"connect", "connect", "cabl", "connect"});
  EXPECT_TRUE(collection->wordsToStem("cable", false).empty());
  SearchRequest request = keywordRequest("connections");
  EXPECT_EQ(shown(*collection, request), "");
  request.keyword.stems = true;
  EXPECT_EQ(collection->search(request)->size(), 2u);
  const std::vector<std::string> ids = {"b", "c", "none"};
  request.filter.ids = &ids;
  EXPECT_EQ(collection->search(request)->size(), 1u);
  EXPECT_EQ(collection->wordsToStem("", true).size(), 4u);
  EXPECT_GT(collection->keywordBytes(), 0u);
}

}  // namespace
}  // namespace pagevec
