// What HNSW promises beyond the contract of Index: recall, slices, determinism, the stored graph.
#include "index/hnsw_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "index/flat_index.h"
#include "vectors.h"

namespace pagevec {
namespace {

void insertAll(Index& index, const VectorStore& store) {
  for (Row row = 0; row < store.rows(); ++row) index.insert(row);
}

bool sameGraph(const HnswGraph& a, const HnswGraph& b) {
  return a.rows == b.rows && a.levels == b.levels && a.links == b.links &&
         a.entryNode == b.entryNode;
}

double meanRecall(const Index& index, const Index& oracle,
                  const std::vector<std::vector<float>>& queries, const SearchParams& params) {
  double sum = 0;
  for (const auto& query : queries) {
    sum += recall(index.search(query.data(), params), oracle.search(query.data(), params));
  }
  return sum / static_cast<double>(queries.size());
}

class HnswRecall : public testing::TestWithParam<Space> {};

// Queries come from the distribution of the rows, as a visitor's questions do.
TEST_P(HnswRecall, IsAtLeast95PercentOn10000RowsAtEf64AndSurvivesAStoredGraph) {
  auto vectors = clusteredVectors(10'200, 64, 11);
  const std::vector<std::vector<float>> queries(vectors.end() - 200, vectors.end());
  vectors.resize(10'000);
  VectorStore store(GetParam(), 64);
  appendAll(store, vectors);
  const auto oracle = makeFlatIndex(store);
  const auto index = HnswIndex::make(store, {});
  insertAll(*oracle, store);
  insertAll(*index, store);
  ASSERT_EQ(index->link(SIZE_MAX), 0u);
  EXPECT_GE(meanRecall(*index, *oracle, queries, {.k = 10, .efSearch = 64}), 0.95);

  const auto restored = HnswIndex::fromGraph(store, {}, index->graph());
  ASSERT_TRUE(restored.ok()) << restored.status().message();
  for (const auto& query : queries) {
    EXPECT_EQ(rowsOf(restored.value()->search(query.data(), {})),
              rowsOf(index->search(query.data(), {})));
  }

  for (Row row = 0; row < store.rows(); ++row) {
    if (row % 10 < 3) {
      index->erase(row);
      oracle->erase(row);
    }
  }
  EXPECT_NEAR(index->erasedShare(), 0.3, 1e-6);
  EXPECT_GE(meanRecall(*index, *oracle, queries, {.k = 10, .efSearch = 64}), 0.95);
}

INSTANTIATE_TEST_SUITE_P(Spaces, HnswRecall, testing::Values(Space::L2, Space::Ip, Space::Cosine));

// As bits, the best rescored: of the 16-bit rows, and of nothing, where links are of bits too.
TEST(Hnsw, ByBitsFindsWhatAScanOfTheBitsFinds) {
  for (const Space space : {Space::L2, Space::Ip, Space::Cosine}) {
    for (const Precision precision : {Precision::Int16, Precision::Codes}) {
      auto vectors = clusteredVectors(7'100, 128, 24);  // more than a graph scans at this efSearch
      const std::vector<std::vector<float>> queries(vectors.end() - 100, vectors.end());
      vectors.resize(7'000);
      VectorStore store(space, 128, {Quantization::Binary, precision});
      appendAll(store, vectors);
      const auto oracle = makeFlatIndex(store);
      const auto index = HnswIndex::make(store, {});
      insertAll(*oracle, store);
      insertAll(*index, store);
      ASSERT_EQ(index->link(SIZE_MAX), 0u);
      EXPECT_GE(meanRecall(*index, *oracle, queries, {.k = 10, .efSearch = 100}), 0.95)
          << static_cast<int>(space) << ' ' << static_cast<int>(precision);
    }
  }
}

TEST(Hnsw, LinksInSlicesOfTheGivenSize) {
  VectorStore store(Space::L2, 8);
  appendAll(store, clusteredVectors(500, 8, 12));
  const auto index = HnswIndex::make(store, {});
  insertAll(*index, store);
  EXPECT_EQ(index->pending(), 500u);
  EXPECT_EQ(index->link(0), 500u);
  EXPECT_EQ(index->link(120), 380u);
  index->erase(499);  // pending
  index->erase(0);    // linked
  EXPECT_EQ(index->pending(), 379u);
  EXPECT_EQ(index->size(), 498u);
  EXPECT_EQ(index->link(1000), 0u);
  EXPECT_EQ(index->graph().rows.size(), 499u);
  EXPECT_FLOAT_EQ(index->erasedShare(), 1.0f / 499);
  EXPECT_EQ(index->size(), 498u);
}

TEST(Hnsw, TheSameCallsGiveTheSameGraphWhateverTheSlices) {
  VectorStore store(Space::Cosine, 16);
  appendAll(store, clusteredVectors(800, 16, 13));
  const auto atOnce = HnswIndex::make(store, {});
  const auto inSlices = HnswIndex::make(store, {});
  insertAll(*atOnce, store);
  insertAll(*inSlices, store);
  atOnce->link(SIZE_MAX);
  while (inSlices->link(37) > 0) {
  }
  EXPECT_TRUE(sameGraph(atOnce->graph(), inSlices->graph()));
}

TEST(Hnsw, AStoredGraphGrowsAsTheOriginalDoes) {
  VectorStore store(Space::L2, 16);
  appendAll(store, clusteredVectors(600, 16, 14));
  const HnswParams params{.maxNeighbors = 5, .efConstruction = 40};
  const auto original = HnswIndex::make(store, params);
  insertAll(*original, store);
  original->link(SIZE_MAX);
  auto restored = HnswIndex::fromGraph(store, params, original->graph());
  ASSERT_TRUE(restored.ok()) << restored.status().message();
  EXPECT_EQ(restored.value()->size(), 600u);
  EXPECT_EQ(restored.value()->pending(), 0u);

  const auto more = clusteredVectors(600, 16, 15);
  appendAll(store, more);
  for (Index* index :
       {static_cast<Index*>(original.get()), static_cast<Index*>(restored.value().get())}) {
    for (Row row = 600; row < 1200; ++row) index->insert(row);
    EXPECT_EQ(index->link(SIZE_MAX), 0u);
  }
  EXPECT_TRUE(sameGraph(original->graph(), restored.value()->graph()));
}

TEST(Hnsw, LevelsThinOutByM) {
  VectorStore store(Space::L2, 2);
  appendAll(store, clusteredVectors(8000, 2, 16));
  const auto index = HnswIndex::make(store, {.maxNeighbors = 4, .efConstruction = 4});
  insertAll(*index, store);
  index->link(SIZE_MAX);
  const HnswGraph graph = index->graph();
  const auto above = [&](int level) {
    return std::count_if(graph.levels.begin(), graph.levels.end(),
                         [&](uint8_t top) { return top >= level; });
  };
  EXPECT_NEAR(static_cast<double>(above(1)), 2000, 200);
  EXPECT_NEAR(static_cast<double>(above(2)), 500, 100);
  EXPECT_NEAR(static_cast<double>(above(3)), 125, 50);
}

TEST(Hnsw, ManyAllowedRowsAreFilteredInsideTheGraph) {
  VectorStore store(Space::L2, 4);
  const auto vectors = clusteredVectors(30'000, 4, 17);
  appendAll(store, vectors);
  const auto oracle = makeFlatIndex(store);
  const auto index = HnswIndex::make(store, {.maxNeighbors = 8, .efConstruction = 30});
  insertAll(*oracle, store);
  insertAll(*index, store);
  index->link(29'900);
  for (Row row = 0; row < store.rows(); row += 2) {
    index->erase(row);
    oracle->erase(row);
  }
  RowSet allowed;
  for (Row row = 0; row < 25'000; ++row) allowed.insert(row);
  const std::vector<std::vector<float>> queries(vectors.begin(), vectors.begin() + 50);
  for (const auto& query : queries) {
    const auto found = index->search(query.data(), {.k = 10, .allowed = &allowed});
    ASSERT_EQ(found.size(), 10u);
    for (const Neighbor& neighbor : found) {
      EXPECT_TRUE(neighbor.row < 25'000 && neighbor.row % 2 == 1) << neighbor.row;
    }
  }
  EXPECT_GE(meanRecall(*index, *oracle, queries, {.k = 10, .efSearch = 64, .allowed = &allowed}),
            0.95);

  // All but three of the allowed rows erased: the walk cannot fill k, the answer must be complete.
  for (Row row = 0; row < 25'000; ++row) {
    if (row != 11 && row != 5001 && row != 24'999) index->erase(row);
  }
  EXPECT_EQ(index->search(queries[0].data(), {.k = 10, .allowed = &allowed}).size(), 3u);
}

// Every share of rows, and a filter that holds for none of the rows around the query.
TEST(Hnsw, FiltersKeepTheRecall) {
  VectorStore store(Space::Cosine, 32, {.quantization = Quantization::Int8});
  auto vectors = clusteredVectors(20'100, 32, 23);
  const std::vector<std::vector<float>> queries(vectors.end() - 100, vectors.end());
  vectors.resize(20'000);
  appendAll(store, vectors);
  const auto oracle = makeFlatIndex(store);
  const auto index = HnswIndex::make(store, {});
  insertAll(*oracle, store);
  insertAll(*index, store);
  ASSERT_EQ(index->link(SIZE_MAX), 0u);
  std::mt19937 random(5);
  for (const double share : {0.9, 0.5, 0.3, 0.1, 0.02}) {
    const RowSet allowed = randomRows(store.rows(), share, random);
    const SearchParams params{.k = 10, .efSearch = 32, .allowed = &allowed};
    EXPECT_GE(meanRecall(*index, *oracle, queries, params), 0.95) << share;
  }
  for (const auto& query : queries) {
    RowSet contrary;
    for (Row row = 0; row < store.rows(); ++row) contrary.insert(row);
    for (const Neighbor& near : oracle->search(query.data(), {.k = 4'000}))
      contrary.erase(near.row);
    const SearchParams params{.k = 10, .efSearch = 16, .allowed = &contrary};
    const auto found = index->search(query.data(), params);
    EXPECT_GE(recall(found, oracle->search(query.data(), params)), 0.8);
    if (&query - queries.data() == 20) break;
  }
}

// Equal vectors would link to nothing but each other: hnswlib alone finds a quarter of these.
TEST(Hnsw, ThousandsOfCopiesDoNotHideOtherRows) {
  VectorStore store(Space::Cosine, 32);
  auto vectors = clusteredVectors(4'100, 32, 22);
  const std::vector<std::vector<float>> queries(vectors.end() - 100, vectors.end());
  vectors.resize(4'000);
  for (int i = 0; i < 6'000; ++i) store.append(queries[i % 5].data());
  appendAll(store, vectors);
  const auto oracle = makeFlatIndex(store);
  const auto index = HnswIndex::make(store, {});
  insertAll(*oracle, store);
  insertAll(*index, store);
  EXPECT_EQ(index->link(SIZE_MAX), 0u);
  EXPECT_EQ(index->graph().rows.size(), 4'000u + 5);
  EXPECT_GE(meanRecall(*index, *oracle, queries, {.k = 10, .efSearch = 64}), 0.95);

  auto restored = HnswIndex::fromGraph(store, {}, index->graph());
  ASSERT_TRUE(restored.ok()) << restored.status().message();
  insertAll(*restored.value(), store);
  EXPECT_EQ(restored.value()->pending(), 6'000u - 5);
  EXPECT_EQ(restored.value()->link(SIZE_MAX), 0u);
  EXPECT_EQ(restored.value()->size(), store.rows());
  EXPECT_TRUE(sameGraph(restored.value()->graph(), index->graph()));

  for (Row row = 0; row < 5'990; ++row) index->erase(row);
  EXPECT_EQ(index->size(), 4'010u);
  EXPECT_EQ(rowsOf(index->search(queries[0].data(), {.k = 2})), (std::vector<Row>{5'990, 5'995}));
}

HnswGraph chain(uint32_t nodes) {
  HnswGraph graph;
  for (uint32_t i = 0; i < nodes; ++i) {
    graph.rows.push_back(i);
    graph.levels.push_back(0);
    graph.links.push_back(i + 1 < nodes ? 1 : 0);
    if (i + 1 < nodes) graph.links.push_back(i + 1);
  }
  return graph;
}

// Nodes that no link leads to are allowed in a stored graph and must be found all the same.
TEST(Hnsw, NodesTheGraphDoesNotReachAreStillFound) {
  VectorStore store(Space::L2, 4);
  const auto vectors = clusteredVectors(200, 4, 18);
  appendAll(store, vectors);
  HnswGraph graph = chain(200);
  graph.entryNode = 150;
  auto index = HnswIndex::fromGraph(store, {}, graph);
  ASSERT_TRUE(index.ok()) << index.status().message();
  const auto found = index.value()->search(vectors[0].data(), {.k = 60, .efSearch = 60});
  EXPECT_EQ(found.size(), 60u);
  EXPECT_EQ(found[0].row, 0u);
}

// With hnswlib's deletion marks this reads the last element of an empty list.
TEST(Hnsw, LinksNewRowsNextToErasedOnes) {
  VectorStore store(Space::L2, 4);
  appendAll(store, clusteredVectors(300, 4, 19));
  auto index = HnswIndex::fromGraph(store, {}, chain(100));
  ASSERT_TRUE(index.ok()) << index.status().message();
  for (Row row = 1; row < 100; ++row) index.value()->erase(row);
  for (Row row = 100; row < 300; ++row) index.value()->insert(row);
  EXPECT_EQ(index.value()->link(SIZE_MAX), 0u);
  EXPECT_EQ(index.value()->search(store.vector(0).data(), {.k = 300}).size(), 201u);
}

TEST(HnswGraph, OfAnEmptyIndexIsEmptyAndReadsBack) {
  VectorStore store(Space::L2, 4);
  const HnswGraph graph = HnswIndex::make(store, {})->graph();
  EXPECT_TRUE(graph.rows.empty());
  EXPECT_TRUE(graph.links.empty());
  auto index = HnswIndex::fromGraph(store, {}, graph);
  ASSERT_TRUE(index.ok());
  appendAll(store, clusteredVectors(100, 4, 20));
  insertAll(*index.value(), store);
  EXPECT_EQ(index.value()->link(SIZE_MAX), 0u);
  EXPECT_EQ(index.value()->search(store.vector(3).data(), {.k = 3}).front().row, 3u);
}

struct Damage {
  const char* name;
  std::function<void(HnswGraph&)> apply;
  const char* message;
};

class HnswDamage : public testing::TestWithParam<Damage> {};

/// Three nodes: 0 on levels 0 and 1, 1 on levels 0 and 1, 2 on level 0.
HnswGraph smallGraph() {
  HnswGraph graph;
  graph.rows = {2, 0, 1};
  graph.levels = {1, 1, 0};
  graph.links = {2, 1, 2, 1, 1, /* node 1 */ 1, 0, 1, 0, /* node 2 */ 1, 0};
  graph.entryNode = 1;
  return graph;
}

TEST(HnswGraph, TheUndamagedGraphIsTaken) {
  VectorStore store(Space::L2, 4);
  appendAll(store, clusteredVectors(3, 4, 21));
  const auto index = HnswIndex::fromGraph(store, {.maxNeighbors = 2}, smallGraph());
  ASSERT_TRUE(index.ok()) << index.status().message();
  // The same with its nodes in the order of rows.
  HnswGraph expected;
  expected.rows = {0, 1, 2};
  expected.levels = {1, 0, 1};
  expected.links = {1, 2, 1, 2, /* node 1 */ 1, 2, /* node 2 */ 2, 0, 1, 1, 0};
  expected.entryNode = 0;
  EXPECT_TRUE(sameGraph(index.value()->graph(), expected));
}

TEST_P(HnswDamage, IsRefused) {
  VectorStore store(Space::L2, 4);
  appendAll(store, clusteredVectors(3, 4, 21));
  HnswGraph graph = smallGraph();
  GetParam().apply(graph);
  const auto index = HnswIndex::fromGraph(store, {.maxNeighbors = 2}, graph);
  ASSERT_FALSE(index.ok());
  EXPECT_EQ(index.status().code(), StatusCode::Corrupt);
  EXPECT_NE(index.status().message().find(GetParam().message), std::string::npos)
      << index.status().message();
}

INSTANTIATE_TEST_SUITE_P(
    Rules, HnswDamage,
    testing::Values(
        Damage{"RowMissing", [](HnswGraph& g) { g.rows.pop_back(); }, "2 rows but 3 levels"},
        Damage{"LevelMissing", [](HnswGraph& g) { g.levels.pop_back(); }, "3 rows but 2 levels"},
        Damage{"MoreNodesThanRows",
               [](HnswGraph& g) {
                 g.rows.push_back(0);
                 g.levels.push_back(0);
                 g.links.push_back(0);
               },
               "4 nodes for 3 stored rows"},
        Damage{"UnknownRow", [](HnswGraph& g) { g.rows[1] = 3; }, "row 3 does not exist"},
        Damage{"RowTwice", [](HnswGraph& g) { g.rows[1] = 2; }, "row 2 is there twice"},
        Damage{"LevelTooHigh", [](HnswGraph& g) { g.levels[0] = 32; }, "is on level 32"},
        Damage{"EntryOutOfRange", [](HnswGraph& g) { g.entryNode = 3; }, "starts at node 3"},
        Damage{"EntryBelowTheTop", [](HnswGraph& g) { g.entryNode = 2; }, "starts on level 0"},
        Damage{"TooManyLinksOnLevelZero",
               [](HnswGraph& g) { g.links = {5, 1, 2, 1, 2, 1, 1, 1, 1, 0, 1, 0, 1, 0}; },
               "has 5 links on level 0"},
        Damage{"TooManyLinksAbove",
               [](HnswGraph& g) { g.links = {2, 1, 2, 3, 1, 1, 1, 1, 0, 1, 0, 1, 0}; },
               "has 3 links on level 1"},
        Damage{"HugeCount", [](HnswGraph& g) { g.links[9] = 0xFFFFFFFF; }, "links on level 0"},
        Damage{"CountPastTheEnd", [](HnswGraph& g) { g.links[9] = 2; }, "has 2 links on level 0"},
        Damage{"TargetOutOfRange", [](HnswGraph& g) { g.links[1] = 3; }, "links to node 3 of 3"},
        Damage{"HugeTarget", [](HnswGraph& g) { g.links[1] = 0xFFFFFFFF; }, "links to node 4294"},
        Damage{"SelfLink", [](HnswGraph& g) { g.links[1] = 0; }, "links to itself"},
        Damage{"TargetBelowTheLevel", [](HnswGraph& g) { g.links[4] = 2; }, "ends on level 0"},
        Damage{"LinksCutOff", [](HnswGraph& g) { g.links.resize(9); }, "the links end before"},
        Damage{"NoLinks", [](HnswGraph& g) { g.links.clear(); }, "the links end before"},
        Damage{"LinksLeftOver", [](HnswGraph& g) { g.links.push_back(0); }, "1 numbers follow"}),
    [](const auto& damage) { return std::string(damage.param.name); });

TEST(HnswGraph, ParametersOutOfRangeAreRefused) {
  VectorStore store(Space::L2, 4);
  for (const HnswParams& params :
       {HnswParams{.maxNeighbors = 1}, HnswParams{.maxNeighbors = 129},
        HnswParams{.efConstruction = 0}, HnswParams{.efConstruction = 4097}}) {
    EXPECT_EQ(HnswIndex::fromGraph(store, params, {}).status().code(), StatusCode::InvalidArgument);
  }
}

}  // namespace
}  // namespace pagevec
