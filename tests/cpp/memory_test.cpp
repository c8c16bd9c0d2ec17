// Every call with memory that ends at its first, second, third ... allocation, as SQLite tests want of
// memory. Nothing may be torn down twice or kept, what is stored must load again, and reads must have
// changed nothing. (In wasm such a call ends where it is, and its heap is thrown away: wasm/memory.cpp.)
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <vector>

#include "snapshot/journal.h"
#include "stored_bytes.h"
#include "vectors.h"

namespace {

/// Allocations until one fails; negative: none does.
int64_t allocationsLeft = -1;

void* allocate(size_t bytes, size_t alignment = alignof(std::max_align_t)) {
  if (allocationsLeft >= 0 && allocationsLeft-- == 0) throw std::bad_alloc();
  const size_t whole = (bytes / alignment + 1) * alignment;
  void* memory = std::aligned_alloc(alignment, whole);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

/// Not inlined: GCC would miss malloc() on the other side.
[[gnu::noinline]] void release(void* memory) { std::free(memory); }

}  // namespace

using Alignment = std::align_val_t;
void* operator new(size_t bytes) { return allocate(bytes); }
void* operator new[](size_t bytes) { return allocate(bytes); }
void* operator new(size_t bytes, Alignment at) { return allocate(bytes, size_t(at)); }
void* operator new[](size_t bytes, Alignment at) { return allocate(bytes, size_t(at)); }
// Whoever asks so goes on without: std::stable_sort without its buffer.
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return std::malloc(bytes); }
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept { return std::malloc(bytes); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, size_t) noexcept { release(memory); }
void operator delete[](void* memory, size_t) noexcept { release(memory); }
void operator delete(void* memory, Alignment) noexcept { release(memory); }
void operator delete[](void* memory, Alignment) noexcept { release(memory); }
void operator delete(void* memory, size_t, Alignment) noexcept { release(memory); }
void operator delete[](void* memory, size_t, Alignment) noexcept { release(memory); }

namespace pagevec {
namespace {

constexpr uint32_t kDimension = 4;
constexpr int kMostFailures = 1000;

/// Calls with 0, 1, 2 ... allocations before the one that fails, until it succeeds; after each failure
/// check(). Returns how many failed.
int failEach(const std::function<void()>& call, const std::function<void()>& check) {
  for (int allowed = 0; allowed < kMostFailures; ++allowed) {
    allocationsLeft = allowed;
    bool failed = false;
    try {
      call();
    } catch (const std::bad_alloc&) {
      failed = true;
    }
    const bool reached = allocationsLeft < 0;
    allocationsLeft = -1;
    EXPECT_EQ(failed, reached) << "a failure was swallowed after " << allowed << " allocations";
    if (!failed) return allowed;
    check();
  }
  return kMostFailures;
}

Batch batchOf(Operation operation, size_t first, size_t count) {
  static const auto kVectors = clusteredVectors(400, kDimension, 7);
  Batch batch;
  batch.operation = operation;
  batch.dimension = kDimension;
  for (size_t i = first; i < first + count; ++i) {
    const std::string number = std::to_string(i);
    batch.ids.push_back("record number " + number);
    if (operation == Operation::Delete) continue;
    batch.documents.push_back("a document about the number " + number + " and others");
    // No texts as values: libstdc++ 12 jumps anywhere where copying one in a variant runs out of memory.
    const std::string json = R"({"n":)" + number + R"(,"a key that takes memory":true})";
    batch.metadatas.push_back(Metadata::parse(json).value());
    batch.embedded.push_back(true);
    batch.embeddings.insert(batch.embeddings.end(), kVectors[i].begin(), kVectors[i].end());
  }
  if (operation == Operation::Delete) batch.dimension = 0;
  return batch;
}

/// With a graph, a keyword index and rows that are dead and pending.
std::unique_ptr<Collection> filled(IndexKind index) {
  CollectionConfig config;
  config.index = index;
  config.maxNeighbors = 4;
  config.efConstruction = 10;
  auto collection = std::move(Collection::make(config).value());
  collection->apply(batchOf(Operation::Add, 0, 100), 1);
  collection->maintain(80);
  collection->apply(batchOf(Operation::Delete, 10, 5), 2);
  return collection;
}

std::string answers(Collection& collection) {
  std::string text;
  const std::vector<float> query(kDimension, 0.5f);
  const auto where = Where::parse(R"({"n":{"$gte":50}})");
  const Filter filter{.where = &where.value()};
  for (const Filter& each : {Filter{}, filter}) {
    const auto hits = collection.query(query, 20, 40, each);
    for (const Hit& hit : hits.value()) text += *collection.record(hit.slot).id + ' ';
    for (const Slot slot : collection.select(each, 0, 90))
      text += *collection.record(slot).id + ' ';
  }
  return text;
}

std::string searched(Collection& collection) {
  SearchRequest request;
  const std::vector<float> query(kDimension, 0.5f);
  request.vector = query;
  request.text = "documents about numbr 42";
  request.keyword.fuzzy = kFuzzyAuto;
  request.candidates = request.limit = 10;
  request.passages = 1;
  request.explain = true;
  std::string text;
  const auto hits = collection.search(request);
  for (const SearchHit& hit : hits.value()) text += *collection.record(hit.fused.slot).id + ' ';
  return text;
}

class OutOfMemory : public ::testing::TestWithParam<IndexKind> {};

TEST_P(OutOfMemory, ReadsAndChecksChangeNoRecord) {
  const auto collection = filled(GetParam());
  const std::vector<Bytes> stored = testing::takeSnapshot(*collection);
  const Batch batch = batchOf(Operation::Upsert, 95, 20);
  const auto unchanged = [&] { ASSERT_EQ(testing::takeSnapshot(*collection), stored); };
  const std::function<void()> calls[] = {
      [&] { (void)collection->validate(batch); },
      [&] { (void)encodeRecord(batch, 3, 1); },
      [&] { (void)answers(*collection); },
      [&] { (void)searched(*collection); },
      [&] { (void)testing::takeSnapshot(*collection); },
  };
  for (const auto& call : calls) EXPECT_GT(failEach(call, unchanged), 0);
  // Sets of filters and the keyword index, which reads make, may be half there: it is loaded anew.
  const auto fresh = filled(GetParam());
  const auto loaded = std::move(testing::loadSnapshot(testing::takeSnapshot(*collection)).value());
  EXPECT_EQ(answers(*loaded), answers(*fresh));
  EXPECT_EQ(searched(*loaded), searched(*fresh));
}

// What apply() and the index left half done is thrown away; what is stored is whole.
TEST_P(OutOfMemory, WritesThatFailAreLoadedAgain) {
  const auto before = filled(GetParam());
  (void)searched(*before);
  const std::vector<Bytes> stored = testing::takeSnapshot(*before);
  for (const Operation operation : {Operation::Upsert, Operation::Delete}) {
    const Bytes record = encodeRecord(batchOf(operation, 90, 30), 3, 1);
    std::unique_ptr<Collection> expected = std::move(testing::loadSnapshot(stored).value());
    ASSERT_TRUE(replayRecord(*expected, record).ok());
    std::unique_ptr<Collection> collection;
    const auto load = [&] {
      collection = std::move(testing::loadSnapshot(stored).value());
      (void)searched(*collection);
      (void)answers(*collection);
    };
    load();
    EXPECT_GT(failEach([&] { (void)replayRecord(*collection, record); }, load), 0);
    EXPECT_EQ(testing::takeSnapshot(*collection), testing::takeSnapshot(*expected));
    EXPECT_EQ(answers(*collection), answers(*expected));
    EXPECT_EQ(searched(*collection), searched(*expected));
  }
}

TEST_P(OutOfMemory, LinkingAndRebuildingThatFailAreLoadedAgain) {
  const auto before = filled(GetParam());
  const std::vector<Bytes> stored = testing::takeSnapshot(*before);
  std::unique_ptr<Collection> collection;
  const auto load = [&] { collection = std::move(testing::loadSnapshot(stored).value()); };
  load();
  const auto work = [&] {
    collection->compact();
    while (collection->maintain(100) > 0) {
    }
  };
  EXPECT_GT(failEach(work, load), 0);
  EXPECT_EQ(collection->count(), before->count());
}

TEST_P(OutOfMemory, LoadingThatFailsLeavesNothing) {
  const auto before = filled(GetParam());
  const std::vector<Bytes> stored = testing::takeSnapshot(*before, 1, 2000);
  std::unique_ptr<Collection> collection;
  const auto load = [&] { collection = std::move(testing::loadSnapshot(stored).value()); };
  EXPECT_GT(failEach(load, [&] { ASSERT_EQ(collection, nullptr); }), 100);
  load();
  EXPECT_EQ(testing::takeSnapshot(*collection, 1, 2000), stored);
}

INSTANTIATE_TEST_SUITE_P(Indexes, OutOfMemory, ::testing::Values(IndexKind::Flat, IndexKind::Hnsw));

}  // namespace
}  // namespace pagevec
