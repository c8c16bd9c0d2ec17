// A scan by signs against the scan that compares every row.
#include "index/sign_scan.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "index/hnsw_index.h"
#include "vectors.h"

namespace pagevec {
namespace {

constexpr uint32_t kDimension = SignScan::kMinDimension;
constexpr size_t kRows = 2500, kQueries = 40;

using Vectors = std::vector<std::vector<float>>;

RowSet someOf(Row rows, double share, uint32_t seed) {
  std::mt19937 random(seed);
  return randomRows(rows, share, random);
}

class SignScanTest : public testing::TestWithParam<std::tuple<Space, StoreOptions>> {
 protected:
  SignScanTest() : store_(std::get<0>(GetParam()), kDimension, std::get<1>(GetParam())) {
    Vectors vectors = clusteredVectors(kRows + kQueries, kDimension, 31);
    queries_.assign(vectors.begin() + kRows, vectors.end());
    vectors.resize(kRows);
    appendAll(store_, vectors);
  }

  std::vector<Neighbor> exact(const std::vector<float>& query, const RowSet& rows,
                              const RowSet& allowed, size_t k) const {
    TopK top(k);
    pagevec::scan(store_, prepared(store_, query.data()), rows, &allowed, top);
    return top.take();
  }
  std::vector<Neighbor> bySigns(const SignScan& signs, const std::vector<float>& query,
                                const RowSet& rows, const RowSet& allowed, size_t kept,
                                size_t k = 10) const {
    TopK top(k);
    signs.scan(prepared(store_, query.data()), rows, allowed, kept, top);
    return top.take();
  }

  VectorStore store_;
  Vectors queries_;
};

// Of 1,250 rows 60 are compared.
TEST_P(SignScanTest, HardlyEverMissesANearRow) {
  SignScan signs(store_);
  signs.grow(kRows);
  ASSERT_EQ(signs.rows(), kRows);
  const RowSet rows = someOf(kRows, 1, 1), allowed = someOf(kRows, 0.5, 2);
  double sum = 0;
  for (const auto& query : queries_) {
    const auto found = bySigns(signs, query, rows, allowed, 60);
    const auto expected = exact(query, rows, allowed, 10);
    ASSERT_EQ(found.size(), 10u);
    sum += recall(found, expected);
  }
  EXPECT_GE(sum / kQueries, 0.98);
}

TEST_P(SignScanTest, ComparesAllWhereAllAreKeptAndWhereItKnowsNone) {
  SignScan signs(store_);
  const RowSet rows = someOf(kRows, 0.9, 3), allowed = someOf(kRows, 0.4, 4);
  for (const auto& query : queries_) {
    EXPECT_EQ(rowsOf(bySigns(signs, query, rows, allowed, 1)),
              rowsOf(exact(query, rows, allowed, 10)));
  }
  signs.grow(kRows);
  for (const auto& query : queries_) {
    EXPECT_EQ(rowsOf(bySigns(signs, query, rows, allowed, kRows)),
              rowsOf(exact(query, rows, allowed, 10)));
  }
}

// Rows it has not taken in yet are compared, all of them; of the others no more than about those kept.
TEST_P(SignScanTest, GrowsInSlices) {
  SignScan signs(store_);
  const RowSet rows = someOf(kRows, 1, 5), allowed = someOf(kRows, 0.5, 6);
  for (Row known = 0; known < kRows; known += 600) {
    ASSERT_EQ(signs.rows(), known);
    double sum = 0;
    for (const auto& query : queries_) {
      const auto found = bySigns(signs, query, rows, allowed, 60);
      for (const Neighbor& neighbor : found) EXPECT_TRUE(allowed.contains(neighbor.row));
      sum += recall(found, exact(query, rows, allowed, 10));
      size_t unknown = 0;
      allowed.forEach([&](Row row) { unknown += row >= known; });
      EXPECT_LE(bySigns(signs, query, rows, allowed, 60, kRows).size(), unknown + 2 * 60) << known;
    }
    EXPECT_GE(sum / kQueries, 0.98) << known;
    signs.grow(600);
  }
  signs.grow(600);
  EXPECT_EQ(signs.rows(), kRows);
}

std::string formName(const testing::TestParamInfo<std::tuple<Space, StoreOptions>>& info) {
  const char* spaces[] = {"L2", "Ip", "Cosine"};
  const char* codes[] = {"Int8", "Int4", "None", "Binary"};
  const char* precisions[] = {"Float32", "Int16", "Codes"};
  const auto& [space, options] = info.param;
  return std::string(spaces[static_cast<int>(space)]) +
         codes[static_cast<int>(options.quantization)] +
         precisions[static_cast<int>(options.precision)];
}

INSTANTIATE_TEST_SUITE_P(
    Forms, SignScanTest,
    testing::Combine(testing::Values(Space::L2, Space::Ip, Space::Cosine),
                     testing::Values(StoreOptions{Quantization::Int8, Precision::Int16},
                                     StoreOptions{Quantization::Int8, Precision::Codes},
                                     StoreOptions{Quantization::Int4, Precision::Int16},
                                     StoreOptions{Quantization::None, Precision::Float32})),
    formName);

// Beside ordinary rows equal ones, zeros, huge, tiny and one-hot ones: each is its own nearest, or an equal
// row is, and no row is found twice.
TEST(SignScan, UnusualRowsAreFound) {
  for (const Space space : {Space::L2, Space::Cosine}) {
    Vectors vectors = clusteredVectors(1000, kDimension, 41);
    for (size_t i = 0; i < 200; ++i) vectors.push_back(vectors[7]);
    for (const float size : {0.0f, 1e-30f, 1e-3f, 1e3f, 1e15f}) {
      vectors.emplace_back(kDimension, size);
      vectors.emplace_back(kDimension, -size);
      vectors.emplace_back(kDimension, 0.0f).back() = size;
    }
    VectorStore store(space, kDimension, {Quantization::Int8, Precision::Int16});
    appendAll(store, vectors);
    store.settle();
    SignScan signs(store);
    signs.grow(store.rows());
    const RowSet all = someOf(store.rows(), 1, 1);
    for (Row row = 0; row < store.rows(); row += row < 1200 ? 37 : 1) {
      TopK top(20);
      signs.scan(prepared(store, vectors[row].data()), all, all, 100, top);
      const auto found = top.take();
      ASSERT_EQ(found.size(), 20u);
      RowSet seen;
      for (const Neighbor& neighbor : found) {
        EXPECT_FALSE(seen.contains(neighbor.row)) << row << " finds " << neighbor.row << " twice";
        seen.insert(neighbor.row);
      }
      TopK nearest(1);
      scan(store, prepared(store, vectors[row].data()), all, nullptr, nearest);
      EXPECT_LE(found[0].distance, nearest.take()[0].distance) << "row " << row;
    }
  }
}

// An index uses one where a filter lets too many rows through to compare all, and too few for a walk: the
// first searches make it, and rows that come and go are heeded.
TEST(SignScan, AnIndexKeepsTheRecallWhileRowsComeAndGo) {
  VectorStore store(Space::Cosine, kDimension, {Quantization::Int8, Precision::Int16});
  Vectors vectors = clusteredVectors(4000 + kQueries, kDimension, 51);
  const Vectors queries(vectors.begin() + 4000, vectors.end());
  vectors.resize(4000);
  const auto index = HnswIndex::make(store, {.maxNeighbors = 4, .efConstruction = 8});
  RowSet live;
  const auto add = [&](size_t to) {
    while (store.rows() < to) {
      const Row row = store.append(vectors[store.rows()].data());
      index->insert(row);
      live.insert(row);
    }
  };
  const auto check = [&](const char* when) {
    const RowSet allowed = someOf(4000, 0.3, 52);
    const SearchParams params{.k = 3, .efSearch = 8, .allowed = &allowed};
    RowSet visible = allowed;
    visible.intersect(live);
    double sum = 0;
    for (const auto& query : queries) {
      const auto found = index->search(query.data(), params);
      ASSERT_EQ(found.size(), 3u);
      for (const Neighbor& neighbor : found) {
        EXPECT_TRUE(visible.contains(neighbor.row)) << when << ": " << neighbor.row;
      }
      sum += recall(found, sortedNeighbors(store, visible, query.data(), 3));
    }
    EXPECT_GE(sum / kQueries, 0.98) << when;
  };
  add(3000);
  ASSERT_EQ(index->link(SIZE_MAX), 0u);
  const size_t before = index->bytes();
  check("at first");
  const size_t with = index->bytes();
  EXPECT_GE(with, before + 3000 * kDimension / 8) << "not by signs";
  check("with all signs");
  for (Row row = 0; row < 3000; row += 3) {
    index->erase(row);
    live.erase(row);
  }
  check("with erased rows");
  add(4000);
  check("with rows that no graph links");
  ASSERT_EQ(index->link(SIZE_MAX), 0u);
  check("with all rows linked");
}

}  // namespace
}  // namespace pagevec
